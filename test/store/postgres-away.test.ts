import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { silentLog } from '../../src/base/log.ts'
import { PosternError } from '../../src/model/errors.ts'
import { rootOf } from '../../src/model/ids.ts'
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import { eventually } from '../fixtures/eventually.ts'
import { startFaultProxy } from '../fixtures/fault-proxy.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { findPostgresql, type PostgresqlServer, startPostgresql } from '../fixtures/postgresql.ts'
import { openTestStore, postgresPlaces } from './postgres-place.ts'
import { ACCOUNT, cancelIn, storeWorld } from './store-world.ts'

const skip = findPostgresql() === undefined && 'PostgreSQL is not on this machine'
const places = postgresPlaces()
after(() => places[Symbol.asyncDispose]())
/** A statement is given up after 6 s; the rest is for a busy machine. */
const SILENCE_MS = 9_000

async function openWatched(url: string) {
  const warnings: string[] = []
  const log = { ...silentLog(), warn: (_about: unknown, text?: string) => void warnings.push(text ?? '') }
  await (await openPostgresStore({ url, clock: manualClock(), log }))[Symbol.asyncDispose]()
  return warnings
}

const urlOf = ({ rootUser, rootPassword, port }: PostgresqlServer) =>
  `postgres://${rootUser}:${rootPassword}@127.0.0.1:${port}/postgres`

const worldAt = (url: string) =>
  storeWorld(async (clock) => {
    const store = await openTestStore(url, clock)
    return {
      store,
      reopen: () => Promise.reject(new Error('not here')),
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    }
  })

describe('a database that is away, or does not keep what it says', { skip, concurrency: true }, () => {
  test('connections that hang are given up together, and the next one works at once', async () => {
    const url = new URL(await places.storeDatabase())
    await using proxy = await startFaultProxy({ port: Number(url.port) })
    url.port = String(proxy.port)
    await using store = await openTestStore(url.href, manualClock())
    const many = () => Promise.allSettled(Array.from({ length: 7 }, () => store.access.accounts()))
    await many()
    const idle = proxy.open
    assert.ok(idle >= 5, `${idle} connections`)

    proxy.halfOpenAll()
    const began = performance.now()
    await assert.rejects(store.access.accounts(), { entry: 'ServiceUnavailable', message: /store cannot be reached/ })
    assert.ok(performance.now() - began < SILENCE_MS, `${performance.now() - began} ms`)
    assert.match(store.problem?.() ?? '', /store cannot be reached/)
    // All others hang as well, and nobody waits for them.
    const asked = performance.now()
    const ended = await many()
    assert.deepEqual(new Set(ended.map(({ status }) => status)), new Set(['fulfilled']))
    assert.ok(performance.now() - asked < 5_000, `${performance.now() - asked} ms`)
    assert.equal(store.problem?.(), undefined)
  })

  test('settings with which it loses what it acknowledged are told at the start', async () => {
    await using server = await startPostgresql({
      settings: ['synchronous_commit=on', 'full_page_writes=on', 'fsync=on'],
    })
    const url = urlOf(server)
    assert.deepEqual(await openWatched(url), [])
    await server.query('ALTER DATABASE postgres SET synchronous_commit = local')
    assert.deepEqual(await openWatched(url), [], 'nothing stands by')

    const careless = await openWatched(await places.storeDatabase())
    assert.deepEqual(
      careless.map((text) => text.split(' ')[0]),
      ['synchronous_commit', 'fsync', 'full_page_writes'],
    )
    await server.query("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    await server.query('SELECT pg_reload_conf()')
    const [warning] = await openWatched(url)
    assert.match(warning ?? '', /^synchronous_commit of the store's database is local: a failover may lose/)
  })

  test('row 20: a commit whose wait for the standby was ended by an operator is in doubt', async () => {
    await using server = await startPostgresql({ settings: ['synchronous_commit=on'] })
    await using world = await worldAt(urlOf(server))
    await server.query("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    await server.query('SELECT pg_reload_conf()')
    const enrollment = { account: ACCOUNT, tokenHash: 'a'.repeat(64), region: 'here', createdBy: rootOf(ACCOUNT) }
    const expiresAt = world.clock.now() + 60_000
    const made = world.store.fleet
      .createEnrollment({ ...enrollment, expiresAt }, undefined)
      .catch((thrown: unknown) => thrown)
    await eventually('the commit waits and is cancelled', async () => {
      const cancelled = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
      return (await server.query(cancelled)).length > 0
    })
    const error = await made
    assert.ok(error instanceof PosternError)
    assert.deepEqual([error.entry, error.inDoubt], ['ServiceUnavailable', true])
    assert.match(error.message, /not known whether/)
    await server.query('ALTER SYSTEM RESET synchronous_standby_names')
    await server.query('SELECT pg_reload_conf()')
    assert.equal((await world.store.access.accounts()).length, 2)
  })

  test('row 24: numbers that a new primary gives again are looked at again', async () => {
    const url = await places.storeDatabase()
    await using world = await worldAt(url)
    const gateway = await world.gateway()
    await cancelIn(world, gateway, await world.create(gateway))
    const server = await places.server()
    const database = new URL(url).pathname.slice(1)
    // Numbers of transactions that the old primary never committed.
    await server.query("SELECT nextval('task_numbers') FROM generate_series(1, 100)", database)
    await world.store.tasks.expire(world.clock.now())
    await server.query("SELECT setval('task_numbers', 1)", database)
    world.clock.advance(61_000)
    await world.store.tasks.expire(world.clock.now())
    const task = await world.create(gateway)
    assert.deepEqual(
      (await world.claim(await world.session(gateway))).map((claim) => claim.task),
      [task],
    )
  })

  test('row 12: a task is found whose number an old primary had given to one that ended and was lost with it', async () => {
    const url = await places.storeDatabase()
    await using world = await worldAt(url)
    const server = await places.server()
    const database = new URL(url).pathname.slice(1)
    const gateway = await world.gateway()
    for (let i = 0; i < 15; i++) await cancelIn(world, gateway, await world.create(gateway))
    for (let i = 0; i < 3; i++) {
      await world.store.tasks.expire(world.clock.now())
      world.clock.advance(60_000)
    }
    assert.deepEqual(await server.query('SELECT open_floor::integer AS floor FROM meta', database), [{ floor: 15 }])
    // As a standby that was minutes behind, and is the primary now.
    await server.query(
      'DELETE FROM tasks; ALTER SEQUENCE task_numbers RESTART; UPDATE meta SET open_floor = 0',
      database,
    )
    await server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`)
    const session = await world.session(gateway)
    const task = await world.create(gateway)
    await world.store.tasks.expire(world.clock.now())
    assert.equal((await world.claimOne(session)).task, task)
  })
})
