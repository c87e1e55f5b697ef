import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fillPostgres } from '../../bench/growth/fill-postgres.ts'
import type { TaskId } from '../../src/model/ids.ts'
import { integer } from '../../src/store/row.ts'
import type { TaskStore } from '../../src/store/task-store.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { findPostgresql, startPostgresql } from '../fixtures/postgresql.ts'
import { openTestStore } from '../store/postgres-place.ts'
import { ACCOUNT, listing, storeWorld } from '../store/store-world.ts'

const skip = findPostgresql() === undefined && 'PostgreSQL is not on this machine'
const COUNT = 450

test('a filled store has whole tasks in partitions as servers make them, and goes on from there', {
  skip,
}, async () => {
  await using server = await startPostgresql()
  const url = `postgres://${server.rootUser}:${server.rootPassword}@127.0.0.1:${server.port}/postgres`
  await (await openTestStore(url, manualClock()))[Symbol.asyncDispose]()
  await server.query('UPDATE meta SET partition_size = 100')
  await server.query('SELECT drop_task_partition(first) FROM unnest(ARRAY[1, 1000001, 2000001]) AS first')

  await using world = await storeWorld(async (clock) => {
    let store = await openTestStore(url, clock)
    return {
      store,
      async reopen() {
        await store[Symbol.asyncDispose]()
        await fillPostgres((sql) => server.query(sql), { days: 300, count: COUNT, say: () => undefined })
        store = await openTestStore(url, clock)
        return store
      },
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    }
  })
  const gateway = await world.gateway()
  const first = await world.create(gateway)
  const claim = await world.claimOne(await world.session(gateway))
  assert.equal((await world.store.tasks.finish(claim, listing(gateway))).kind, 'finished')
  const [task, parts, evidence] = await whole(world.store.tasks, first)

  await world.reopen()
  for (const [table, key] of [
    ['tasks', 'number'],
    ['attempts', 'task'],
    ['outcomes', 'task'],
    ['results', 'task'],
  ] as const) {
    const counts = `count(DISTINCT ${key})::int AS n, count(DISTINCT tableoid)::int AS p`
    const [row = {}] = await server.query(`SELECT ${counts} FROM ${table}`)
    assert.deepEqual([integer(row, 'n'), integer(row, 'p')], [COUNT, 5], table)
  }
  const [attempts = {}] = await server.query(
    'SELECT count(DISTINCT a.id)::int AS n FROM attempts a JOIN outcomes o ON o.task = a.task AND o.attempt = a.id',
  )
  assert.equal(integer(attempts, 'n'), COUNT)
  const page = await world.store.tasks.list(ACCOUNT, {}, { limit: 100 })
  const newest = page.tasks[0]?.id ?? assert.fail('no task is listed')
  assert.equal(page.tasks.length, 100)
  const [copy, copiedParts, copiedEvidence] = await whole(world.store.tasks, newest)
  assert.deepEqual({ ...copy, id: first }, task)
  assert.deepEqual(copiedParts, parts)
  assert.deepEqual(copiedEvidence?.parts, evidence?.parts)

  const next = await world.create(gateway)
  assert.equal((await world.claimOne(await world.session(gateway))).task, next)
})

/** All that a reader can have of a task that has ended. */
const whole = (tasks: TaskStore, id: TaskId) =>
  Promise.all([tasks.get(ACCOUNT, id), tasks.parts(ACCOUNT, id), tasks.evidence(ACCOUNT, id, { from: 0, limit: 10 })])
