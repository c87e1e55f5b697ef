import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { freePort } from '../../test/fixtures/free-port.ts'
import { enrolInStore } from '../../test/fixtures/light-fleet.ts'
import { startServer, UNTHROTTLED } from '../../test/fixtures/postern.ts'
import { type Child, startChild } from '../child.ts'
import { type ProbedProcess, startProbed } from './probed-process.ts'

/** A server that can tell what it holds, and clients of it that do nothing. */
export interface IdleWorld extends AsyncDisposable {
  readonly server: ProbedProcess
  /** Connects more of them until there are so many. */
  connect(count: number): Promise<void>
  /** Ends all connections. */
  disconnect(): Promise<void>
  /** Since the last time, of all clients. */
  heartbeats(): Promise<Heartbeats>
}

export interface Heartbeats {
  readonly open: number
  /** Connections that the server ended; of all time. */
  readonly lost: number
  readonly sent: number
  /** Of each ping that was sent and answered, milliseconds. */
  readonly roundTrips: readonly number[]
}

const heartbeats = z.object({
  open: z.number(),
  lost: z.number(),
  sent: z.number(),
  roundTrips: z.array(z.number()),
})
const PROCESSES = 4
const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname
const BARE = new URL('bare-ws-child.ts', import.meta.url).pathname
/** Each address holds an equal share: no more than one address may by its setting. */
const ADDRESSES = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5', '127.0.0.6']
const perAddress = (most: number) => Math.ceil(most / ADDRESSES.length) + PROCESSES

export async function startIdlePostern(folder: string, most: number): Promise<IdleWorld> {
  await mkdir(folder, { recursive: true })
  await using stack = new AsyncDisposableStack()
  const config = `${UNTHROTTLED}connectionsPerAddress: ${perAddress(most)}\n`
  const first = await startServer(folder, { config })
  await first.process().kill('SIGKILL')
  const { server, members } = await enrolInStore(first.data, most)
  const { port } = new URL(first.url)
  const args = ['server', '--data', first.data, '--listen', `127.0.0.1:${port}`, '--drain-grace', '0']
  const probed = startProbed([MAIN, ...args, '--config', join(folder, 'server.yaml')])
  stack.use(probed.running)
  await probed.running.line('"msg":"listening"')
  const setupOf = (process: number, share: number) => ({
    url: first.url,
    addresses: ADDRESSES,
    fleet: { server, members: members.slice(process * share, (process + 1) * share) },
  })
  return withClients(stack.move(), probed, { most, setupOf })
}

export async function startIdleBare(most: number): Promise<IdleWorld> {
  await using stack = new AsyncDisposableStack()
  const port = await freePort()
  const probed = startProbed([BARE, String(port)])
  stack.use(probed.running)
  await probed.running.line('listening')
  const setup = { url: `http://127.0.0.1:${port}`, addresses: ADDRESSES }
  return withClients(stack.move(), probed, { most, setupOf: () => setup })
}

async function withClients(
  owned: AsyncDisposableStack,
  server: ProbedProcess,
  { most, setupOf }: { readonly most: number; readonly setupOf: (process: number, share: number) => unknown },
): Promise<IdleWorld> {
  await using stack = new AsyncDisposableStack()
  stack.use(owned)
  const clients: Child[] = []
  const share = Math.ceil(most / PROCESSES)
  for (let i = 0; i < PROCESSES; i++) {
    clients.push(stack.use(await startChild('idle/idle-clients-child.ts', { setup: setupOf(i, share) })))
  }
  const askAll = async (of: (index: number) => unknown) =>
    z.array(heartbeats).parse(await Promise.all(clients.map((client, i) => client.ask(of(i)))))
  const all = stack.move()
  return {
    server,
    async connect(count) {
      await askAll((i) => ({ connect: Math.floor((count + i) / PROCESSES) }))
    },
    async disconnect() {
      await askAll(() => ({ close: 'all' }))
    },
    async heartbeats() {
      const parts = await askAll(() => ({ count: 'from now on' }))
      const sum = (of: (part: Heartbeats) => number) => parts.reduce((total, part) => total + of(part), 0)
      return {
        open: sum(({ open }) => open),
        lost: sum(({ lost }) => lost),
        sent: sum(({ sent }) => sent),
        roundTrips: parts.flatMap(({ roundTrips }) => roundTrips),
      }
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}
