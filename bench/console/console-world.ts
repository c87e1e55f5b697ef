import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { DATABASE_TYPE_NAMES, DEFAULT_PORTS, type DatabaseType } from '../../src/model/database-type.ts'
import { STORE_FILE } from '../../src/store/sqlite/store-file.ts'
import { startChromium, type TestBrowser } from '../../test/fixtures/chromium.ts'
import { CLOSED_HOST, enrolInStore, type LightFleet, startLightFleet } from '../../test/fixtures/light-fleet.ts'
import { DBS, startServer, type TestServer, waitForTask } from '../../test/fixtures/postern.ts'
import { fillSqlite } from '../growth/fill-sqlite.ts'

const RAM = '2015-05-01'
const OWN = '2026-12-01'
/** So many tasks of each engine are listed and copied for one that fails, is cancelled, or that no gateway takes. */
const LISTED_OF_EACH = 2

export interface ConsoleSize {
  readonly gateways: number
  /** Of them, connected while it runs: fewer than a server takes from one address. */
  readonly online: number
  readonly tasks: number
  /** Over which their ends are spread; fewer than tasks are kept for. */
  readonly days: number
  readonly users: number
}

export interface ConsoleWorld extends AsyncDisposable {
  readonly server: TestServer
  readonly browser: TestBrowser
  /** The name of the gateway that was enrolled last. */
  readonly last: string
}

/** A server whose store has so much in it, with its own limits, and a browser before it. */
export async function startConsoleWorld(
  folder: string,
  size: ConsoleSize & { readonly say: (text: string) => void },
): Promise<ConsoleWorld> {
  const { gateways, online, tasks, days, users, say } = size
  await using stack = new AsyncDisposableStack()
  await mkdir(folder, { recursive: true })
  const server = stack.use(await startServer(folder, { command: { env: { NODE_ENV: 'production' } } }))
  await server.process().kill()
  say(`    ${gateways} gateways`)
  const { server: id, members } = await enrolInStore(server.data, gateways)
  await server.start()
  const connected = { server: id, members: members.slice(0, online), url: server.url, processes: 1 }
  {
    // Gateways that dial a port on which nobody listens may take it themselves.
    await using few = await startLightFleet(folder, { ...connected, members: members.slice(0, 1) })
    await untilOnline(few, 1)
    await makeTemplates(server, { there: String(members[0]?.id), away: String(members.at(-1)?.id) })
  }
  await server.process().kill()
  say(`    ${tasks} tasks of ${days} days`)
  fillSqlite(join(server.data, STORE_FILE), { count: tasks, days, say, gateways })
  await server.start()
  const fleet = stack.use(await startLightFleet(folder, connected))
  await untilOnline(fleet, online)
  for (let i = 0; i < users; i++) {
    const { ok, body } = await server.call('CreateUser', { UserName: `user-${i}` }, RAM)
    if (!ok) throw new Error(JSON.stringify(body))
  }
  const browser = stack.use(await startChromium(server.url))
  const owned = stack.move()
  return { server, browser, last: `light-${gateways - 1}`, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

async function untilOnline(fleet: LightFleet, count: number): Promise<void> {
  const deadline = performance.now() + 60_000
  while (fleet.online < count) {
    if (performance.now() > deadline) throw new Error(`only ${fleet.online} of ${count} gateways came`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Of each engine some that were listed, and one that ended in each other way. */
async function makeTemplates(
  server: TestServer,
  { there, away }: { readonly there: string; readonly away: string },
): Promise<void> {
  const create = async (gateway: string, engine: DatabaseType, more: Readonly<Record<string, string>>) => {
    const params = {
      BackupGatewayId: gateway,
      DatabaseType: engine,
      SourceEndpointPort: String(DEFAULT_PORTS[engine]),
      ...more,
    }
    const { body } = await server.call('CreateGetDBListFromAgentTask', params, DBS)
    return z.object({ TaskId: z.number() }).parse(body).TaskId
  }
  const made: Promise<number>[] = []
  for (const engine of DATABASE_TYPE_NAMES) {
    for (let i = 0; i < LISTED_OF_EACH; i++) made.push(create(there, engine, { SourceEndpointIP: `10.0.${i}.7` }))
    made.push(create(there, engine, { SourceEndpointIP: `${CLOSED_HOST}-${engine.toLowerCase()}.example` }))
  }
  made.push(create(away, 'Redis', { SourceEndpointIP: '10.0.9.7', DeliveryTimeoutSeconds: '1' }))
  const cancelled = await create(away, 'MySQL', { SourceEndpointIP: '10.0.8.7' })
  await server.call('CancelTask', { TaskId: String(cancelled) }, OWN)
  for (const task of await Promise.all(made)) await waitForTask(server, task)
}
