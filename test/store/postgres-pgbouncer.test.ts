import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { Clock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { ASK_READ_ONLY } from '../../src/base/postgres-login.ts'
import { rootOf, toAccountId } from '../../src/model/ids.ts'
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import type { Store } from '../../src/store/store.ts'
import { eventually } from '../fixtures/eventually.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { findPgbouncer, type Pgbouncer, startPgbouncer } from '../fixtures/pgbouncer.ts'
import { findPostgresql, type PostgresqlServer } from '../fixtures/postgresql.ts'
import { startPostgresqlPair } from '../fixtures/postgresql-pair.ts'
import { bucketsSuite } from './buckets-suite.ts'
import { createSuite } from './create-suite.ts'
import { finishSuite } from './finish-suite.ts'
import { openTestStore, postgresPlaces } from './postgres-place.ts'
import { ACCOUNT, newAccount, newTask, storeWorld } from './store-world.ts'

const COUNT = 'SELECT count(*)::int AS n FROM tasks'

/** Gives what the server was told since, if it logs statements: each is written down before it is carried out. */
async function listenTo({ folder }: PostgresqlServer): Promise<() => Promise<string>> {
  const log = () => readFile(join(folder, 'server.log'), 'utf8')
  const before = (await log()).length
  return async () => (await log()).slice(before)
}

if (findPostgresql() === undefined || findPgbouncer() === undefined) {
  test('a PostgreSQL store behind PgBouncer', { skip: 'PostgreSQL or PgBouncer is not on this machine' })
} else {
  let bouncer: Promise<Pgbouncer> | undefined
  const places = postgresPlaces(async (url) => {
    const { port } = await (bouncer ??= places.server().then(startPgbouncer))
    const through = new URL(url)
    through.port = String(port)
    return through.href
  })
  after(async () => {
    await (await bouncer)?.[Symbol.asyncDispose]()
    await places[Symbol.asyncDispose]()
  })
  // Each transaction may have another connection: whatever is kept on one would be missed, or be somebody else's.
  describe('a PostgreSQL store behind PgBouncer in transaction mode', { concurrency: 2 }, () => {
    createSuite(places.open)
    finishSuite(places.open)
    bucketsSuite(places.open)

    test('of several poolers the one before a server that takes writes is used', async () => {
      const server = await places.server()
      await using closed = await startPgbouncer(server, { takesNoWrites: true })
      await using open = await startPgbouncer(server)
      const url = await places.storeDatabase()
      const hosts = (...ports: number[]) =>
        url.replace(/@[^/]+/, `@${ports.map((port) => `127.0.0.1:${port}`).join(',')}`)
      await using store = await openTestStore(hosts(closed.port, open.port), manualClock())
      assert.equal(await store.access.createAccount(newAccount(toAccountId('1'))), true)
      await assert.rejects(openTestStore(hosts(closed.port), manualClock()), /takes no writes/)
    })
  })

  test('row 12: an open connection that a pooler leads to a standby is neither believed nor written to', async () => {
    await using pair = await startPostgresqlPair({ synchronous: false })
    const standby = pair.standby ?? assert.fail('there is no standby')
    await using pooler = await startPgbouncer(pair.primary)
    const open = (clock: Clock) =>
      openPostgresStore({ url: pair.url(pooler.port), directUrl: pair.url(), clock, log: silentLog() })
    await using world = await storeWorld(async (clock) => {
      const store = await open(clock)
      return {
        store,
        reopen: () => Promise.reject(new Error('not here')),
        [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
      }
    })
    const { tasks } = world.store
    const gateway = await world.gateway()
    await pair.primary.query("ALTER ROLE postgres SET log_statement = 'all'")
    const early = await world.create(gateway)
    await eventually('the standby has the first task', async () => (await standby.query(COUNT))[0]?.['n'] === 1)
    await standby.query('SELECT pg_wal_replay_pause()')
    const late = await world.create(gateway)
    const onlyFirst = { ...newAccount(toAccountId('3')), onlyFirst: true }
    // One for each way to ask. A standby would answer all but the creation of a task, also what is to write.
    const questions: readonly ((store: Store) => Promise<unknown>)[] = [
      (store) => store.tasks.get(ACCOUNT, late),
      (store) => store.tasks.details(ACCOUNT, early),
      (store) => store.tasks.openOf(ACCOUNT, 10),
      (store) => store.tasks.cancel({ account: ACCOUNT, id: late, by: rootOf(ACCOUNT) }, undefined),
      (store) => store.access.createAccount(onlyFirst),
      (store) => store.tasks.create(newTask(gateway), undefined),
    ]
    // The first refusal costs a store all its connections, so each question has a store, and that an open connection.
    await using stack = new AsyncDisposableStack()
    const asked: { readonly ask: () => Promise<unknown>; readonly text: string }[] = []
    for (const question of questions) {
      const store = stack.use(await open(world.clock))
      await store.access.accounts()
      asked.push({ ask: () => question(store), text: String(question) })
    }

    await pooler.leadTo(standby)
    assert.equal((await standby.query(COUNT))[0]?.['n'], 1, 'it lacks what was acknowledged')
    for (const { ask, text } of asked) {
      const told = await listenTo(standby)
      await assert.rejects(ask(), { entry: 'ServiceUnavailable', message: /store cannot be reached/ }, text)
      // A login asks by itself, so it would hide that nobody else does.
      const [beforeLogin] = (await told()).split(ASK_READ_ONLY)
      assert.match(beforeLogin ?? '', /statement: (?:BEGIN|SET LOCAL)/, `went over an open connection: ${text}`)
    }
    await pooler.leadTo(pair.primary)
    await eventually('it is back', async () => (await tasks.get(ACCOUNT, late).catch(() => undefined)) !== undefined)
    assert.equal((await tasks.openOf(ACCOUNT, 10)).queued, 2)
    await standby.query('SELECT pg_wal_replay_resume()')
  })
}
