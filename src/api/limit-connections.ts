import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { addressGroup, canonicalAddress } from '../model/host.ts'
import type { IsTrustedProxy } from '../model/trusted-proxies.ts'

/** One that goes on trying must not fill the log. */
const LOG_EVERY_MS = 60_000

/** Asked for each connection. */
export interface ConnectionLimits {
  readonly connectionsPerAddress: number
  /** All callers come from a proxy's address. */
  readonly isTrustedProxy: IsTrustedProxy
}

/** Closes at once what is beyond the connections that one address may have open; WebSockets count too. Gives back the server. */
export function limitConnections(
  server: Server,
  { clock, log, settings }: { clock: Clock; log: Log; settings: () => ConnectionLimits },
): Server {
  const open = new Map<string, number>()
  let loggedAt = Number.NEGATIVE_INFINITY

  return server.on('connection', (socket: Socket) => {
    const address = canonicalAddress(socket.remoteAddress ?? '')?.split('%')[0]
    const { connectionsPerAddress, isTrustedProxy } = settings()
    if (address === undefined || isTrustedProxy(address)) return
    const group = addressGroup(address)
    const count = open.get(group) ?? 0
    if (count >= connectionsPerAddress) {
      socket.destroy()
      if (clock.now() - loggedAt < LOG_EVERY_MS) return
      loggedAt = clock.now()
      log.warn({ address, connectionsPerAddress }, 'too many connections from one address: new ones are closed')
      return
    }
    open.set(group, count + 1)
    socket.once('close', () => {
      const left = (open.get(group) ?? 1) - 1
      if (left === 0) open.delete(group)
      else open.set(group, left)
    })
  })
}
