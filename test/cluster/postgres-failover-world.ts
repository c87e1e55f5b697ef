import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { callAdmin } from '../../src/admin/admin-client.ts'
import { adminSocketPath } from '../../src/admin/admin-socket.ts'
import { createAccount } from '../../src/admin/operations/create-account.ts'
import { createApiClient } from '../../src/cli/api-client.ts'
import { configurationOf, type CallersWorld, quickEndpoint, type WorldAccount } from '../faults/fault-world.ts'
import { startQuickEngine } from '../faults/quick-engine.ts'
import { startFaultProxy } from '../fixtures/fault-proxy.ts'
import { startGateway, startServer, type TestGateway, type TestServer, UNTHROTTLED } from '../fixtures/postern.ts'
import { type PostgresqlPair, startPostgresqlPair } from '../fixtures/postgresql-pair.ts'

/** `address`: one that stays, as with a virtual address or HAProxy. `hosts`: those of the pair, its later ones not. */
export type DatabaseBy = 'address' | 'hosts'

/** Servers on a database that fails over. */
export interface FailoverWorld extends CallersWorld, AsyncDisposable {
  readonly pair: PostgresqlPair
  /** From now on the address leads there. Connections to one that hangs are told nothing, also when it ends. */
  readonly follow: (to?: 'primary' | 'standby') => void
  readonly servers: readonly [TestServer, ...TestServer[]]
  readonly gateways: readonly TestGateway[]
}

export async function startFailoverWorld(
  folder: string,
  { nodes, synchronous, by }: { readonly nodes: 1 | 2; readonly synchronous: boolean; readonly by: DatabaseBy },
): Promise<FailoverWorld> {
  await using stack = new AsyncDisposableStack()
  const endpoint = await quickEndpoint(stack.use(await startQuickEngine()), stack)
  const pair = stack.use(await startPostgresqlPair({ synchronous }))
  const target = { port: pair.primary.port }
  const address = stack.use(await startFaultProxy(target))
  const storeFile = join(folder, 'store-url')
  const ports = by === 'hosts' ? [pair.primary.port, ...(pair.standby ? [pair.standby.port] : [])] : [address.port]
  await writeFile(storeFile, pair.url(...ports), { mode: 0o600 })
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
  await writeFile(secondKey, JSON.stringify(await secondAccount(first.data)), { mode: 0o600 })

  const last = servers.at(-1) ?? first
  const config = configurationOf([endpoint])
  /** Its gateway is on one node and its callers on the other. */
  const account = async (name: string, at: { keyFile: string; dials: TestServer | undefined; calls: TestServer }) => {
    const api = await createApiClient({ endpoint: at.calls.url, keyFile: at.keyFile }, {})
    const { dials } = at
    if (dials === undefined) return { name, api, gateways: [] } satisfies WorldAccount
    const link = stack.use(await startFaultProxy({ port: Number(new URL(dials.url).port) }))
    const behind = { keyFile: at.keyFile, url: `http://127.0.0.1:${link.port}` }
    const gateway = stack.use(await startGateway(behind, folder, { name, config }))
    return { name, api, gateways: [{ id: gateway.id, gateway, link }] } satisfies WorldAccount
  }
  const accounts = await Promise.all([
    account('first', { keyFile: first.keyFile, dials: last, calls: first }),
    // On one node only a stranger to the tasks of the first: each process costs.
    account('second', { keyFile: secondKey, dials: nodes === 2 ? first : undefined, calls: last }),
  ])
  const owned = stack.move()
  return {
    pair,
    follow(to = 'primary') {
      if (pair.hangs) address.halfOpenAll()
      target.port = (to === 'standby' ? pair.standby : undefined)?.port ?? pair.primary.port
    },
    servers,
    gateways: accounts.flatMap(({ gateways }) => gateways.map(({ gateway }) => gateway)),
    accounts,
    endpoints: [endpoint],
    missing: [],
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function secondAccount(data: string) {
  const path = adminSocketPath(data, process.cwd())
  const made = await callAdmin(createAccount, {
    path,
    params: { Name: 'second' },
    signal: new AbortController().signal,
  })
  if (made === undefined) throw new Error('nobody listens for the operator')
  return made.reply
}
