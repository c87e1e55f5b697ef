import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { localBus } from '../../src/bus/local-bus.ts'
import { fingerprintOf, rootOf } from '../../src/model/ids.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { STORE_FILE } from '../../src/store/sqlite/store-file.ts'
import { createDispatcher } from '../../src/tasks/dispatcher.ts'
import { createRecentTasks } from '../../src/tasks/recent-tasks.ts'
import { startReaper } from '../../src/tasks/reaper.ts'
import { keepsAll } from '../fixtures/keeps-all.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { ACCOUNT, newAccount, newTask } from '../store/store-world.ts'

/** 200,000 in `npm run test:faults`. */
const OLD_TASKS = Number(process.env['POSTERN_PURGE_TASKS'] ?? 20_000)
const DAY_MS = 24 * 3600_000
const LARGE_TASKS = 40
const LARGE_BYTES = 4 * 1024 * 1024
/** A commit that takes longer would be noticed by people. */
const MOST_MS = 1_000
const MEBIBYTE = 1024 * 1024
/** Of the log beside the store, which is cut to 64 MiB after each checkpoint, with one commit on top. */
const MOST_LOG_BYTES = 128 * MEBIBYTE

/** Tasks that ended ten days ago, as they lie in a store that has run for long. */
function fill(file: string, options: { from: number; count: number; bytes: number }): void {
  const db = new DatabaseSync(file)
  const { from, count, bytes } = options
  const at = Date.now() - 10 * DAY_MS
  db.exec('PRAGMA foreign_keys = ON')
  db.exec('BEGIN')
  const numbers = `WITH RECURSIVE n (i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${from + count - 1})`
  db.exec(`${numbers} INSERT INTO tasks (number, account, gateway, region, engine, host, port, state, claimable, attempts,
    created_at, created_by, request, delivery_deadline, execution_ms, accepted_at, execution_deadline, ended_at)
    SELECT i, g.account, g.number, 'here', 'MySQL', 'db', 3306, 'Succeeded', 0, 1,
    ${at}, 'by', 'request', ${at}, 60000, ${at}, ${at}, ${at} + i FROM n, (SELECT * FROM gateways LIMIT 1) g`)
  db.exec(`${numbers} INSERT INTO attempts (task, number, id, gateway, epoch, nonce, claimed_at, state)
    SELECT i, 1, printf('%032x', i), 1, 1, 'nonce', ${at}, 'over' FROM n`)
  db.exec(`${numbers} INSERT INTO outcomes (task, attempt, received_at, outcome_text, digest, signature, key_fingerprint, verified)
    SELECT i, printf('%032x', i), ${at}, '{"kind":"listing","count":1}', 'd', 's', 'k', 1 FROM n`)
  for (let part = 0; part * 262_144 < bytes; part++) {
    db.exec(
      `${numbers} INSERT INTO results (task, part, data) SELECT i, ${part}, zeroblob(${Math.min(bytes, 262_144)}) FROM n`,
    )
  }
  db.exec('COMMIT')
  db.close()
}

const countTasks = (file: string) => {
  const db = new DatabaseSync(file, { readOnly: true })
  const count = Number(db.prepare('SELECT count(*) AS total FROM tasks').get()?.['total'])
  db.close()
  return count
}

test(`row 21: ${OLD_TASKS} old tasks and large results are removed while tasks are made, read and ended in time`, {
  timeout: 10 * 60_000,
}, async (context) => {
  await using place = await tempFolder('purge')
  const real = systemClock()
  let ahead = 0
  const clock = { ...real, now: () => real.now() + ahead }
  const log = silentLog()
  await using store = await openSqliteStore({ folder: place.path, clock, log })
  await store.access.createAccount(newAccount(ACCOUNT))
  const tokenHash = 'a'.repeat(64)
  const createdBy = rootOf(ACCOUNT)
  const expiresAt = clock.now() + 60_000
  await store.fleet.createEnrollment({ account: ACCOUNT, tokenHash, region: 'here', expiresAt, createdBy }, undefined)
  const publicKey = new Uint8Array(32)
  const enrolled = await store.fleet.enroll({ tokenHash, publicKey, hostname: 'box', version: '0' })
  assert.equal(enrolled.kind, 'enrolled')
  const key = fingerprintOf(publicKey)
  const task = newTask({ id: enrolled.gateway.id, account: ACCOUNT, publicKey, key }, { deliveryMs: 1 })
  const file = join(place.path, STORE_FILE)
  fill(file, { from: 1_000, count: LARGE_TASKS, bytes: LARGE_BYTES })
  fill(file, { from: 10_000, count: OLD_TASKS, bytes: 2_000 })
  const before = statSync(file).size
  await using bus = localBus()
  await using dispatcher = await createDispatcher({
    store,
    bus,
    recent: createRecentTasks(clock, keepsAll),
    clock,
    log,
  })
  await using reaper = startReaper({
    store,
    bus,
    dispatcher,
    retention: () => ({ taskMs: 7 * DAY_MS }),
    clock,
    log,
  })

  const purging = new AbortController()
  let longestMs = 0
  let lateMs = 0
  let mostLogBytes = 0
  let calls = 0
  /** What somebody sees who makes a task, and reads it, again and again. Each has nobody to take it and ends by its deadline. */
  const work = async () => {
    while (!purging.signal.aborted) {
      const began = performance.now()
      const created = await store.tasks.create(task, undefined)
      assert.equal(created.kind, 'new')
      const id = created.task
      await store.tasks.get(ACCOUNT, id)
      longestMs = Math.max(longestMs, performance.now() - began)
      const due = performance.now()
      while ((await store.tasks.get(ACCOUNT, id))?.state === 'Queued' && !purging.signal.aborted) {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      lateMs = Math.max(lateMs, performance.now() - due)
      mostLogBytes = Math.max(mostLogBytes, statSync(`${file}-wal`).size)
      calls++
    }
  }
  const working = Promise.all(Array.from({ length: 4 }, work))
  const began = performance.now()
  // The reaper looks once a minute whether something is to be removed.
  for (let round = 0; countTasks(file) > calls + 4 + 100; round++) {
    ahead += 61_000
    await reaper.tick()
    assert.ok(round < 60, 'the purge gets on')
  }
  const tookMs = Math.round(performance.now() - began)
  purging.abort()
  await working
  context.diagnostic(
    JSON.stringify({
      tookMs,
      calls,
      longestMs: Math.round(longestMs),
      lateMs: Math.round(lateMs),
      mostLogMiB: mostLogBytes / MEBIBYTE,
    }),
  )
  assert.ok(longestMs < MOST_MS, `making and reading a task took ${Math.round(longestMs)} ms`)
  assert.ok(lateMs < 5_000, `a task ended ${Math.round(lateMs)} ms after its deadline`)
  assert.ok(mostLogBytes < MOST_LOG_BYTES, `the log beside the store grew to ${mostLogBytes} bytes`)

  fill(file, { from: 5_000_000, count: LARGE_TASKS, bytes: LARGE_BYTES })
  fill(file, { from: 6_000_000, count: OLD_TASKS, bytes: 2_000 })
  assert.ok(statSync(file).size < before * 1.1 + 8 * MEBIBYTE, 'the space of what was removed is used again')
})
