import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createApiClient } from '../../src/cli/api-client.ts'
import { type CallerAccount, type CallersWorld } from '../faults/callers.ts'
import { type QuickEngine, startQuickEngine } from '../faults/quick-engine.ts'
import { type FaultProxy, startFaultProxy } from '../fixtures/fault-proxy.ts'
import { startGateway, startServer, type TestGateway, type TestServer, UNTHROTTLED } from '../fixtures/postern.ts'
import { type PostgresqlPair, startPostgresqlPair } from '../fixtures/postgresql-pair.ts'
import { postern } from '../fixtures/process.ts'

/** Servers on a database that fails over behind an address that stays, as with a virtual address or HAProxy. */
export interface FailoverWorld extends CallersWorld, AsyncDisposable {
  readonly pair: PostgresqlPair
  /** What the servers take for the database. */
  readonly address: FaultProxy
  /** From now on new connections lead to the primary. */
  readonly follow: () => void
  readonly servers: readonly [TestServer, ...TestServer[]]
  readonly gateways: readonly TestGateway[]
  readonly quick: QuickEngine
}

const ENDPOINT = 'quick engine'
/** What is listed of the engine that answers at once. */
export const CHOICES: readonly [readonly string[], ...(readonly string[])[]] = [['db0'], ['db0', 'db3'], ['db1']]

export async function startFailoverWorld(
  folder: string,
  { nodes, synchronous }: { readonly nodes: 1 | 2; readonly synchronous: boolean },
): Promise<FailoverWorld> {
  await using stack = new AsyncDisposableStack()
  const quick = stack.use(await startQuickEngine())
  const pair = stack.use(await startPostgresqlPair({ synchronous }))
  const target = { port: pair.primary.port }
  const address = stack.use(await startFaultProxy(target))
  const storeFile = join(folder, 'store-url')
  await writeFile(storeFile, pair.url(address.port), { mode: 0o600 })
  const start = (name: string) =>
    startServer(join(folder, name), { config: UNTHROTTLED, args: ['--store-file', storeFile] })

  await mkdir(join(folder, 'one'))
  const first = stack.use(await start('one'))
  const servers: [TestServer, ...TestServer[]] = [first]
  if (nodes === 2) {
    await mkdir(join(folder, 'two', 'server'), { recursive: true, mode: 0o700 })
    for (const name of ['secret.key', 'root-access-key.json'])
      await copyFile(join(first.data, name), join(folder, 'two', 'server', name))
    servers.push(stack.use(await start('two')))
  }
  const secondKey = join(folder, 'second-key.json')
  const made = await postern(['account', 'create', '--data', first.data, '--name', 'second', '--key-file-out', secondKey])
  if (made.code !== 0) throw new Error(`no second account: ${made.stderr}`)

  const last = servers.at(-1) ?? first
  const endpoint = `{ engine: Redis, host: 127.0.0.1, port: ${quick.port}, user: default, password: x, tls: { mode: off } }`
  const config = `limits: { total: 16, perEndpoint: 8 }\nendpoints:\n  - ${endpoint}\n`
  const gateways: TestGateway[] = []
  /** Its gateway is on one node and its callers on the other. */
  const account = async (name: string, at: { keyFile: string; dials: TestServer; calls: TestServer }) => {
    const gateway = stack.use(await startGateway({ ...at.dials, keyFile: at.keyFile }, folder, { name, config }))
    gateways.push(gateway)
    const api = await createApiClient({ endpoint: at.calls.url, keyFile: at.keyFile }, {})
    return { name, api, gateways: [{ id: gateway.id }] } satisfies CallerAccount
  }
  const accounts = await Promise.all([
    account('first', { keyFile: first.keyFile, dials: last, calls: first }),
    account('second', { keyFile: secondKey, dials: first, calls: last }),
  ])
  const owned = stack.move()
  return {
    pair,
    address,
    follow() {
      target.port = pair.primary.port
      address.halfOpenAll()
    },
    servers,
    gateways,
    quick,
    accounts,
    endpoints: [{ name: ENDPOINT, engine: 'Redis', proxy: quick }],
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
