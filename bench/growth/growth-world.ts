import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { fleetFile, type LightFleet, startLightFleet } from '../../test/fixtures/light-fleet.ts'
import { listDatabases, namesOf, startServer, type TestServer, UNTHROTTLED } from '../../test/fixtures/postern.ts'
import type { Filling, GrowthStore } from './growth-stores.ts'

/** Of what is filled in, none of which may be taken for old. */
const DAYS = 300
const CONFIG = `${UNTHROTTLED}taskRetentionDays: 365\n`
const fleetOf = z.object({ server: z.string(), members: fleetFile.shape.gateways })

export interface GrowthWorld extends AsyncDisposable {
  readonly server: TestServer
  readonly gateway: string
  /** Of all that works on a task but the gateway, by name; of the server the one that runs now. */
  pids(): Readonly<Record<string, number>>
  /** Milliseconds until it listens again, after it was stopped. */
  restart(): Promise<number>
  /** Resolves when the server has found what one that had been there all the time would know. */
  settled(): Promise<void>
}

/** A server with so many finished tasks, and a gateway whose tasks end at once. `folder` may have been filled before. */
export async function startGrowthWorld(
  folder: string,
  { open, ...filling }: Omit<Filling, 'days'> & { readonly open: (folder: string) => Promise<GrowthStore> },
): Promise<GrowthWorld> {
  await using stack = new AsyncDisposableStack()
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'fleet-of-growth.json')
  const command = { env: { NODE_ENV: 'production' } }
  const store = stack.use(await open(folder))
  const server = stack.use(await startServer(folder, { config: CONFIG, command, args: store.args }))
  if (!existsSync(file)) {
    await server.process().kill()
    await writeFile(file, JSON.stringify(await store.enrol(server.data)), { mode: 0o600 })
    await server.start()
  }
  const fleet = fleetOf.parse(JSON.parse(await readFile(file, 'utf8')))
  const gateway = String(fleet.members[0]?.id)
  // A gateway waits before it comes back to a server that went away; a new one comes at once.
  const connect = async () => {
    const own = await startLightFleet(folder, { ...fleet, url: server.url, processes: 1 })
    await oneTask(server, gateway)
    return own
  }
  let gateways: LightFleet = await connect()
  stack.defer(() => gateways[Symbol.asyncDispose]())
  const again = async (between: () => Promise<void> = () => Promise.resolve()) => {
    await gateways[Symbol.asyncDispose]()
    await server.process().kill()
    await between()
    const began = performance.now()
    await server.start()
    const ms = performance.now() - began
    gateways = await connect()
    return ms
  }
  await again(() => store.fill(server.data, { ...filling, days: DAYS }))
  const owned = stack.move()
  return {
    server,
    gateway,
    pids: () => ({ server: server.process().pid, ...store.pids }),
    restart: () => again(),
    settled: () => store.settle(filling),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Rejects unless its list is there in the end. */
export async function oneTask(server: TestServer, gateway: string): Promise<void> {
  const { answer } = await listDatabases(server, { BackupGatewayId: gateway, DatabaseType: 'MySQL' }, 60)
  z.tuple([z.literal('crm')]).parse(namesOf(answer))
}
