import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import postgres from 'postgres'
import { eventually } from '../fixtures/eventually.ts'
import { findPostgresql } from '../fixtures/postgresql.ts'
import { openTestStore, postgresPlaces } from './postgres-place.ts'
import { ACCOUNT, cancelIn, listing, storeWorld, token, newTask } from './store-world.ts'

const places = postgresPlaces()
after(() => places[Symbol.asyncDispose]())
const skip = findPostgresql() === undefined && 'PostgreSQL is not on this machine'
const DAY = 86_400_000
const retention = { taskMs: 7 * DAY }

/** A world whose partitions take ten tasks each, and what its database says. */
async function smallPartitions() {
  const server = await places.server()
  const url = await places.storeDatabase()
  const database = new URL(url).pathname.slice(1)
  const world = await storeWorld(async (clock) => {
    await server.query(
      'UPDATE meta SET partition_size = 10; SELECT drop_task_partition(first) FROM (VALUES (1), (1000001), (2000001)) p (first)',
      database,
    )
    let store = await openTestStore(url, clock)
    return {
      store,
      async reopen() {
        await store[Symbol.asyncDispose]()
        store = await openTestStore(url, clock)
        return store
      },
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    }
  })
  return {
    world,
    url,
    query: (sql: string) => server.query(sql, database),
    partitions: async () => {
      const rows = await server.query(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '_p[0-9]+$'",
        database,
      )
      return rows.map(({ relname }) => String(relname)).toSorted()
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

const named = (...firsts: number[]) =>
  ['attempts', 'outcomes', 'results', 'tasks']
    .flatMap((table) => firsts.map((first) => `${table}_p${first}`))
    .toSorted()

describe('retention in a PostgreSQL store', { skip }, () => {
  test('row 21: partitions are made ahead and dropped whole, and one with a task that is kept stays', async () => {
    await using place = await smallPartitions()
    const { world, partitions } = place
    assert.deepEqual(await partitions(), named(1, 11, 21))
    const gateway = await world.gateway()
    const session = await world.session(gateway)
    const first = await world.store.tasks.create(newTask(gateway, { token: token('t', world.clock) }), undefined)
    assert.equal(first.kind, 'new')
    assert.equal((await world.store.tasks.finish(await world.claimOne(session), listing(gateway))).kind, 'finished')
    const early = [first.task]
    for (let i = 0; i < 11; i++) early.push(await world.create(gateway))
    for (const task of early.slice(1)) await cancelIn(world, gateway, task)
    // In the second partition, and open for long.
    const open = await world.create(gateway, { deliveryMs: 30 * DAY })
    await world.reopen()
    assert.deepEqual(await partitions(), named(1, 11, 21, 31))

    const tick = async () => {
      await world.store.tasks.expire(world.clock.now())
      world.clock.advance(60_000)
    }
    for (let i = 0; i < 3; i++) await tick()
    const purge = async () => {
      while ((await world.store.purge(world.clock.now(), retention, 100)) > 0);
    }
    await purge()
    assert.deepEqual(await partitions(), named(1, 11, 21, 31), 'nothing is old enough')
    assert.equal((await world.store.tasks.get(ACCOUNT, first.task))?.state, 'Succeeded')

    world.clock.advance(7 * DAY)
    await purge()
    assert.deepEqual(await partitions(), named(11, 21, 31))
    for (const task of early) assert.equal(await world.store.tasks.get(ACCOUNT, task), undefined)
    assert.deepEqual(
      (await world.store.tasks.list(ACCOUNT, {}, { limit: 100 })).tasks.map(({ id }) => id),
      [open],
    )
    assert.equal((await world.store.tasks.get(ACCOUNT, open))?.state, 'Queued')
    assert.deepEqual(await world.store.tasks.waiting(), [gateway.id])
    assert.equal((await world.claimOne(await world.session(gateway))).task, open)
  })

  test('row 21: a partition that somebody reads stays until later, and nobody waits for that', async () => {
    await using place = await smallPartitions()
    const { world, partitions, url } = place
    const gateway = await world.gateway()
    for (let i = 0; i < 12; i++) await cancelIn(world, gateway, await world.create(gateway))
    for (let i = 0; i < 3; i++) {
      await world.store.tasks.expire(world.clock.now())
      world.clock.advance(60_000)
    }
    world.clock.advance(7 * DAY)
    const dump = postgres(url, { max: 1, onnotice: () => {} })
    try {
      await dump.unsafe('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT count(*) FROM tasks')
      const others = { busy: true, slowestMs: 0 }
      const asking = (async () => {
        while (others.busy) {
          const began = performance.now()
          await world.create(gateway)
          others.slowestMs = Math.max(others.slowestMs, performance.now() - began)
        }
      })()
      // Nothing is left but the partition, which does not go.
      while ((await world.store.purge(world.clock.now(), retention, 100)) > 0);
      others.busy = false
      await asking
      assert.ok((await partitions()).includes('tasks_p1'))
      // It holds up the others for at most 100 ms; with the limit of any write it would be 3 s.
      assert.ok(others.slowestMs < 2_500, `${others.slowestMs} ms`)
      await dump.unsafe('ROLLBACK')
    } finally {
      await dump.end()
    }
    assert.equal(await world.store.purge(world.clock.now(), retention, 100), 1)
    assert.ok(!(await partitions()).includes('tasks_p1'))
  })

  test('row 24: a partition that cannot be made for now keeps no deadline waiting', async () => {
    await using place = await smallPartitions()
    const { world, partitions, url } = place
    const gateway = await world.gateway()
    for (let i = 0; i < 12; i++) await cancelIn(world, gateway, await world.create(gateway))
    const late = await world.create(gateway, { deliveryMs: 10_000 })
    world.clock.advance(10_000)
    const analyse = postgres(url, { max: 1, onnotice: () => {} })
    try {
      await analyse.unsafe('BEGIN; LOCK TABLE tasks IN SHARE UPDATE EXCLUSIVE MODE')
      const began = performance.now()
      await world.store.tasks.expire(world.clock.now())
      const tookMs = performance.now() - began
      assert.equal((await world.store.tasks.get(ACCOUNT, late))?.state, 'Failed')
      // The attempt to make it gives up after 15 s.
      assert.ok(tookMs < 5_000, `${tookMs} ms`)
      assert.deepEqual(await partitions(), named(1, 11, 21))
      await analyse.unsafe('ROLLBACK')
    } finally {
      await analyse.end()
    }
    await eventually('it is made', async () => (await partitions()).length === named(1, 11, 21, 31).length)
  })

  test('row 21: tasks are kept as long as this server says too, whatever the clock of the database', async () => {
    await using place = await smallPartitions()
    const { world } = place
    const gateway = await world.gateway()
    const task = await world.create(gateway)
    await cancelIn(world, gateway, task)
    world.clock.jump(-8 * DAY)
    world.clock.advance(8 * DAY)
    await world.store.purge(world.clock.now(), retention, 100)
    assert.equal((await world.store.tasks.get(ACCOUNT, task))?.state, 'Cancelled')
    world.clock.jump(8 * DAY)
    await world.store.purge(world.clock.now(), retention, 100)
    assert.equal(await world.store.tasks.get(ACCOUNT, task), undefined)
  })

  test('row 21: a task whose number is old and whose commit is new is not lost to the floor under open tasks', async () => {
    await using place = await smallPartitions()
    const { world } = place
    const gateway = await world.gateway()
    const done = await world.create(gateway)
    // As a transaction does that has its number and has not committed.
    await place.query("SELECT nextval('task_numbers')")
    const later = await world.create(gateway)
    for (const task of [done, later]) await cancelIn(world, gateway, task)
    await world.store.tasks.expire(world.clock.now())
    world.clock.advance(59_999)
    await world.store.tasks.expire(world.clock.now())
    await place.query(
      `INSERT INTO tasks (number, account, gateway, region, engine, created_at, created_by, request, delivery_ms, delivery_deadline, execution_ms)
       SELECT 2, account, gateway, region, engine, created_at, created_by, request, delivery_ms, ${world.clock.now() + 3 * DAY}, execution_ms FROM tasks LIMIT 1`,
    )
    for (let i = 0; i < 3; i++) {
      world.clock.advance(60_000)
      await world.store.tasks.expire(world.clock.now())
    }
    assert.equal((await world.claim(await world.session(gateway))).length, 1)
  })

  test('a server that starts need not look below what others found to have ended', async () => {
    await using place = await smallPartitions()
    const { world, query } = place
    const gateway = await world.gateway()
    const long = { deliveryMs: 30 * DAY }
    for (let i = 0; i < 15; i++) await cancelIn(world, gateway, await world.create(gateway, long))
    const open = await world.create(gateway, long)
    for (let i = 0; i < 3; i++) {
      await world.store.tasks.expire(world.clock.now())
      world.clock.advance(60_000)
    }
    assert.deepEqual(await query('SELECT open_floor::integer AS floor FROM meta'), [{ floor: 16 }])
    // Nobody would do that; it shows where the next server looks.
    await query('ALTER TABLE tasks DROP CONSTRAINT tasks_check1')
    await query('UPDATE tasks SET claimable = true WHERE number = 14')
    await world.reopen()
    const claimed = await world.claim(await world.session(gateway))
    assert.deepEqual(
      claimed.map(({ task }) => task),
      [open],
    )
  })

  test('row 12: an open task is found by the next server that starts, whatever was written down of those that have ended', async () => {
    await using place = await smallPartitions()
    const { world, query } = place
    const gateway = await world.gateway()
    const open = await world.create(gateway)
    for (let i = 0; i < 15; i++) await cancelIn(world, gateway, await world.create(gateway))
    await query('UPDATE meta SET open_floor = 16')
    await world.reopen()
    assert.equal((await world.claimOne(await world.session(gateway))).task, open)
  })

  test('what was found in a database whose numbers were given further does not count in one that is behind', async () => {
    await using place = await smallPartitions()
    const { world, query } = place
    await query('UPDATE meta SET open_floor = 1000')
    await world.reopen()
    const gateway = await world.gateway()
    const task = await world.create(gateway)
    assert.equal((await world.claimOne(await world.session(gateway))).task, task)
  })
})
