import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { silentLog } from '../../src/base/log.ts'
import type { TaskId } from '../../src/model/ids.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { ACCOUNT, listing, storeWorld } from './store-world.ts'

/** Every cut in `npm run test:faults`; here this many, spread evenly. */
const CUTS = process.env['POSTERN_KILL_ROUNDS'] === undefined ? 60 : Number.MAX_SAFE_INTEGER
/** Each of them opens a whole store with its writer; the others are opened by SQLite alone. */
const WHOLE_OPENS = 4
const SECTOR = 512

/** Of the write-ahead log: its header, and the header of each frame before a page. */
const LOG_HEADER = 32
const FRAME_HEADER = 24

/** Where the last commit in the log ends: frames count while they carry the salts of its header. */
function lastCommitEnd(log: Buffer): number {
  const pageSize = log.readUInt32BE(8)
  let end = LOG_HEADER
  for (let at = LOG_HEADER; at + FRAME_HEADER + pageSize <= log.length; at += FRAME_HEADER + pageSize) {
    if (log.compare(log, 16, 24, at + 8, at + 16) !== 0) break
    if (log.readUInt32BE(at + 4) !== 0) end = at + FRAME_HEADER + pageSize
  }
  return end
}

interface Acknowledged {
  readonly task: TaskId
  readonly ended: boolean
  /** End of the log at that moment. */
  readonly end: number
}

for (const checkpoints of [false, true]) {
  test(`row 12: a power cut loses nothing that was acknowledged, wherever it cuts the log${checkpoints ? ', after a checkpoint too' : ''}`, {
    timeout: 1_000_000,
  }, async () => {
    await using place = await tempFolder('store')
    const folder = join(place.path, 'works')
    const copies: { readonly db: Buffer; readonly log: Buffer; readonly acknowledged: readonly Acknowledged[] }[] = []
    {
      await using world = await storeWorld(async (clock) => {
        const store = await openSqliteStore({ folder, clock, log: silentLog() })
        return {
          store,
          reopen: () => Promise.reject(new Error('not here')),
          [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
        }
      })
      const file = join(folder, 'postern.db')
      const gateway = await world.gateway()
      const session = await world.session(gateway)
      const acknowledged: Acknowledged[] = []
      const end = () => lastCommitEnd(readFileSync(`${file}-wal`))
      const work = async () => {
        const task = await world.create(gateway)
        acknowledged.push({ task, ended: false, end: end() })
        const claim = await world.claimOne(session)
        await world.store.tasks.finish(claim, listing(gateway))
        acknowledged.push({ task, ended: true, end: end() })
      }
      for (let i = 0; i < 3; i++) await work()
      if (checkpoints) {
        const other = new DatabaseSync(file, { timeout: 5_000 })
        other.exec('PRAGMA wal_checkpoint(RESTART)')
        other.close()
        // What was acknowledged so far is in the file and in none of the log.
        for (const [i, each] of acknowledged.entries()) acknowledged[i] = { ...each, end: 0 }
      }
      const db = readFileSync(file)
      for (let i = 0; i < 3; i++) await work()
      const known = [...acknowledged]
      // Past the last acknowledged commit: what a crash finds half written.
      await work()
      assert.deepEqual(readFileSync(file), db, 'no checkpoint came in between, so the two are of one moment')
      copies.push({ db, log: readFileSync(`${file}-wal`), acknowledged: known })
    }
    for (const [number, copy] of copies.entries()) await cutEverywhere(join(place.path, `cut-${number}`), copy)
  })
}

async function cutEverywhere(
  folder: string,
  { db, log, acknowledged }: { db: Buffer; log: Buffer; acknowledged: readonly Acknowledged[] },
): Promise<void> {
  mkdirSync(folder, { mode: 0o700 })
  const file = join(folder, 'postern.db')
  const all: number[] = []
  for (let at = 0; at <= log.length; at += SECTOR) all.push(at)
  // Also in the middle of a frame's header, and at the very end of each commit.
  const exact = acknowledged.flatMap(({ end }) => (end === 0 ? [] : [end, end - 1, end + FRAME_HEADER - 1]))
  const step = Math.max(1, Math.ceil(all.length / CUTS))
  const cuts = [...all.filter((_, i) => i % step === 0), ...exact]
  assert.ok(cuts.length > 10)
  for (const [i, cut] of cuts.entries()) {
    for (const name of ['-wal', '-shm']) rmSync(`${file}${name}`, { force: true })
    writeFileSync(file, db)
    writeFileSync(`${file}-wal`, log.subarray(0, cut))
    // All that was acknowledged before the cut, and of the rest a beginning.
    const must = acknowledged.filter(({ end }) => end <= cut)
    if (i % Math.ceil(cuts.length / WHOLE_OPENS) === 0) await assertInStore(folder, must)
    else assertInFile(file, must.length, `cut at ${cut} of ${log.length}`)
  }
}

async function assertInStore(folder: string, must: readonly Acknowledged[]): Promise<void> {
  await using store = await openSqliteStore({ folder, clock: manualClock(), log: silentLog() })
  for (const { task, ended } of must) {
    const found = await store.tasks.get(ACCOUNT, task)
    assert.ok(found !== undefined, `task ${task} was acknowledged and is gone`)
    if (!ended) continue
    assert.equal(found.state, 'Succeeded')
    assert.equal((await store.tasks.parts(ACCOUNT, task))?.length, 2)
  }
}

function assertInFile(file: string, must: number, what: string): void {
  const db = new DatabaseSync(file)
  try {
    assert.deepEqual(
      db
        .prepare('PRAGMA integrity_check')
        .all()
        .map((row) => row['integrity_check']),
      ['ok'],
      what,
    )
    const hasTasks = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'tasks'").get() !== undefined
    const rows = hasTasks ? db.prepare('SELECT number, state FROM tasks ORDER BY number').all() : []
    // Each task is created and then ended before the next one: two acknowledgements.
    const done = rows.reduce((sum, { state }) => sum + (state === 'Succeeded' ? 2 : 1), 0)
    assert.ok(done >= must, `${what}: ${done} of ${must} acknowledged commits are there`)
    assert.deepEqual(
      rows.map(({ number }) => number),
      rows.map((_, i) => i + 1),
      `${what}: a beginning without gaps`,
    )
    assert.ok(
      rows.slice(0, -1).every(({ state }) => state === 'Succeeded'),
      what,
    )
  } finally {
    db.close()
  }
}
