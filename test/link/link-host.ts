import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import type { DialOptions, SigningKey } from '../../src/link/dial.ts'
import type { LinkHost, LinkOpened, ProvenGateway, ServerLink } from '../../src/link/doorkeeper.ts'
import { listenForLinks } from '../../src/link/listen.ts'
import { toAccountId, toEpoch, toGatewayId, toServerId } from '../../src/model/ids.ts'

export const SERVER = toServerId('ab'.repeat(16))

export function gatewayId(number = 1) {
  const id = toGatewayId(100_000_000_000_000 + number)
  if (id === undefined) throw new Error('not an id')
  return id
}

/** A real HTTP server with the link's listener, and a fleet of one gateway. */
export async function startLinkHost(options: {
  keys: readonly SigningKey[]
  opened?: (proven: ProvenGateway) => LinkOpened
}) {
  const links: ServerLink[] = []
  const waiting: ((link: ServerLink) => void)[] = []
  let epoch = 0
  const host: LinkHost = {
    server: SERVER,
    keys: async (id) => (id === gatewayId() ? options.keys.map((key) => key.publicKey) : []),
    open: async (proven) =>
      options.opened?.(proven) ?? { kind: 'open', epoch: toEpoch(++epoch), account: toAccountId('100000000000001') },
    connected: (link) => {
      links.push(link)
      waiting.shift()?.(link)
    },
  }
  const http = createServer((_request, response) => response.writeHead(404).end())
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const listener = listenForLinks({ http, host, clock: systemClock(), log: silentLog() })
  const address: AddressInfo | string | null = http.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    url: `http://127.0.0.1:${address.port}`,
    links,
    /** The next link that is proven. */
    next: () => new Promise<ServerLink>((resolve) => waiting.push(resolve)),
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

export function dialOptions(url: string, keys: readonly SigningKey[], more: Partial<DialOptions> = {}): DialOptions {
  return {
    url,
    server: SERVER,
    gateway: gatewayId(),
    instance: randomBytes(16).toString('hex'),
    version: '0.0.0',
    hostname: 'test',
    keys,
    clock: systemClock(),
    log: silentLog(),
    signal: new AbortController().signal,
    onMessage: () => {},
    ...more,
  }
}
