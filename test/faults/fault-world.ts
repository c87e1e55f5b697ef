import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type ApiClient, createApiClient } from '../../src/cli/api-client.ts'
import { type FaultProxy, startFaultProxy } from '../fixtures/fault-proxy.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { measurableAfterCollection } from '../fixtures/measure-process.ts'
import { startGateway, startServer, type TestGateway, type TestServer, UNTHROTTLED } from '../fixtures/postern.ts'
import { postern } from '../fixtures/process.ts'
import { findRedis, startRedis } from '../fixtures/redis.ts'
import { type QuickEngine, startQuickEngine } from './quick-engine.ts'
import { mountSmallDisk, type SmallDisk } from './small-disk.ts'

export interface WorldGateway {
  readonly id: string
  readonly gateway: TestGateway
  /** Between it and the server. */
  readonly link: FaultProxy
}

/** Whose databases can be asked for, and changed. */
export interface WorldEndpoint {
  readonly name: string
  readonly engine: 'Redis' | 'MariaDB'
  /** Between the gateways and it. */
  readonly proxy: FaultProxy
  readonly password: string
  /** What a list may be. */
  readonly choices: readonly [readonly string[], ...(readonly string[])[]]
  /** Makes the databases exactly these of `choices`. */
  change(names: readonly string[]): Promise<void>
}

export interface WorldAccount {
  readonly name: string
  /** By way of `door`. */
  readonly api: ApiClient
  readonly gateways: readonly WorldGateway[]
}

/** What callers need of a world. */
export interface CallersWorld {
  readonly accounts: readonly [WorldAccount, WorldAccount]
  readonly endpoints: readonly [WorldEndpoint, ...WorldEndpoint[]]
  /** What is not there, and why. */
  readonly missing: readonly string[]
}

/** Real processes with a proxy on every way between them. */
export interface FaultWorld extends CallersWorld, AsyncDisposable {
  readonly server: TestServer
  /** Between the callers and the server. */
  readonly door: FaultProxy
  readonly quick: QuickEngine
  /** Where the store is; undefined where a disk of our own cannot be mounted. */
  readonly disk: SmallDisk | undefined
  /** From the next start of the server on. */
  slowCommits: boolean
}

const SLOW_COMMITS = new URL('../fixtures/slow-commit.ts', import.meta.url).href
const STORE_MIB = 128
const PASSWORD = 'of-the-test'

export async function startFaultWorld(
  folder: string,
  { gatewaysEach, realDatabases }: { gatewaysEach: readonly [number, number]; realDatabases: boolean },
): Promise<FaultWorld> {
  await using stack = new AsyncDisposableStack()
  const quick = stack.use(await startQuickEngine())
  const endpoints: [WorldEndpoint, ...WorldEndpoint[]] = [await quickEndpoint(quick, stack)]
  const missing: string[] = []
  if (findRedis()) endpoints.push(await redisEndpoint(stack))
  else missing.push('Redis is not on this machine')
  if (realDatabases && findMariadb() !== undefined) endpoints.push(await mariadbEndpoint(stack))
  else if (realDatabases) missing.push('MariaDB is not on this machine')

  const data = join(folder, 'server')
  await mkdir(data, { mode: 0o700 })
  const disk = await mountSmallDisk(data, STORE_MIB)
  if (typeof disk === 'string') missing.push(`no disk fills up: ${disk}`)
  else stack.use(disk)

  const state = { slowCommits: false }
  const server = stack.use(
    await startServer(folder, {
      config: UNTHROTTLED,
      get command() {
        const { nodeArgs = [], ...rest } = measurableAfterCollection
        return { ...rest, nodeArgs: [...nodeArgs, ...(state.slowCommits ? ['--import', SLOW_COMMITS] : [])] }
      },
    }),
  )
  const port = Number(new URL(server.url).port)
  const door = stack.use(await startFaultProxy({ port }))
  const secondKey = join(folder, 'second-key.json')
  const made = await postern(['account', 'create', '--data', data, '--name', 'second', '--key-file-out', secondKey])
  if (made.code !== 0) throw new Error(`no second account: ${made.stderr}`)

  const config = configurationOf(endpoints)
  const account = async (name: string, keyFile: string, count: number): Promise<WorldAccount> => {
    const gateways = Array.from({ length: count }, async (_, index) => {
      const link = stack.use(await startFaultProxy({ port }))
      // What it dials is the proxy; what makes its token is not disturbed.
      const behind = { keyFile, url: `http://127.0.0.1:${link.port}` }
      const gateway = stack.use(await startGateway(behind, folder, { name: `${name}-${index}`, config }))
      return { id: gateway.id, gateway, link }
    })
    const api = await createApiClient({ endpoint: `http://127.0.0.1:${door.port}`, keyFile }, {})
    return { name, api, gateways: await Promise.all(gateways) }
  }
  const [first, second] = await Promise.all([
    account('first', server.keyFile, gatewaysEach[0]),
    account('second', secondKey, gatewaysEach[1]),
  ])
  const owned = stack.move()
  return {
    server,
    door,
    accounts: [first, second],
    endpoints,
    quick,
    disk: typeof disk === 'string' ? undefined : disk,
    get slowCommits() {
      return state.slowCommits
    },
    set slowCommits(slow) {
      state.slowCommits = slow
    },
    missing,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Short limits: a database that does not answer is given up long before the deadline of a task. */
export function configurationOf(endpoints: readonly WorldEndpoint[]): string {
  const lines = endpoints.map(({ engine, proxy, password }) => {
    const user = engine === 'Redis' ? 'default' : 'lister'
    return `  - { engine: ${engine}, host: 127.0.0.1, port: ${proxy.port}, user: ${user}, password: ${password}, tls: { mode: off } }\n`
  })
  return `limits: { total: 16, perEndpoint: 4, connectSeconds: 2, querySeconds: 2 }\nendpoints:\n${lines.join('')}`
}

export async function quickEndpoint(quick: QuickEngine, stack: AsyncDisposableStack): Promise<WorldEndpoint> {
  const proxy = stack.use(await startFaultProxy({ port: quick.port }))
  return {
    name: 'quick engine',
    engine: 'Redis',
    proxy,
    password: PASSWORD,
    choices: [['db0'], ['db0', 'db3'], ['db1'], []],
    change(names) {
      quick.databases = names.map((name) => Number(name.slice(2)))
      return Promise.resolve()
    },
  }
}

async function redisEndpoint(stack: AsyncDisposableStack): Promise<WorldEndpoint> {
  const redis = stack.use(await startRedis())
  const proxy = stack.use(await startFaultProxy({ port: redis.port }))
  // All of it in one command of the server, so that no list sees a half.
  const change = async (names: readonly string[]) => {
    const sets = names.map((name) => `redis.call('SELECT', ${name.slice(2)}); redis.call('SET', 'k', 'v')`)
    await redis.command('EVAL', ["redis.call('FLUSHALL')", ...sets].join('; '), '0')
  }
  const choices = [['db2'], ['db2', 'db5'], []] as const
  return { name: 'Redis', engine: 'Redis', proxy, password: redis.rootPassword, choices, change }
}

async function mariadbEndpoint(stack: AsyncDisposableStack): Promise<WorldEndpoint> {
  // Faults break many a login off, and a host that does so is shut out by default.
  const mariadb = stack.use(await startMariadb({ args: ['--max-connect-errors=1000000'] }))
  await mariadb.query(`CREATE USER lister@'127.0.0.1' IDENTIFIED BY '${PASSWORD}'`)
  await mariadb.query("GRANT SHOW DATABASES ON *.* TO lister@'127.0.0.1'")
  await mariadb.query('CREATE DATABASE crm')
  const proxy = stack.use(await startFaultProxy({ port: mariadb.port }))
  // One statement from each choice to the next.
  const change = async (names: readonly string[]) => {
    const statement = names.includes('shop') ? 'CREATE DATABASE IF NOT EXISTS shop' : 'DROP DATABASE IF EXISTS shop'
    await mariadb.query(statement)
  }
  const choices = [['crm'], ['crm', 'shop']] as const
  return { name: 'MariaDB', engine: 'MariaDB', proxy, password: PASSWORD, choices, change }
}
