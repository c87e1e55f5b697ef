import assert from 'node:assert/strict'
import { closeSync, copyFileSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { silentLog } from '../../src/base/log.ts'
import { PosternError } from '../../src/model/errors.ts'
import type { TaskId } from '../../src/model/ids.ts'
import { publicIds } from '../../src/store/public-id.ts'
import { bytes, integer } from '../../src/store/row.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { statementsOf } from '../../src/store/sqlite/statements.ts'
import { partsOf } from '../../src/store/sqlite/task-row.ts'
import { wholeTaskOf } from '../../src/store/sqlite/whole-task.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { openSqliteIn } from './sqlite-place.ts'
import { ACCOUNT, failure, listing, storeWorld } from './store-world.ts'

/** Everything that is told of every task, by its row; undefined where it is not told. */
function answersOf(file: string, numbers: readonly number[]): readonly (string | undefined)[] {
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    const sql = statementsOf(db)
    const meta = sql.get('meta') ?? {}
    const ids = publicIds(bytes(meta, 'id_key'))
    return numbers.map((number) => {
      try {
        const row = sql.get('task_of_account', { task: number, account: ACCOUNT })
        if (row === undefined) return undefined
        const task = wholeTaskOf(row, { sql, ids })
        const names = task.state === 'Succeeded' ? partsOf({ sql, ids }, number) : []
        return JSON.stringify([task, names.map((part) => Buffer.from(part).toString())])
      } catch {
        return undefined
      }
    })
  } catch {
    return numbers.map(() => undefined)
  } finally {
    db.close()
  }
}

test('row 12: whichever bit of a stored task or result flips, its answer is the same or an error, never another one', {
  timeout: 120_000,
}, async () => {
  await using place = await tempFolder('store')
  {
    await using world = await storeWorld(openSqliteIn(place.path))
    const gateway = await world.gateway()
    const session = await world.session(gateway)
    await world.create(gateway)
    await world.store.tasks.finish(await world.claimOne(session), listing(gateway, ['accounts_of_the_bank', 'crm']))
    await world.create(gateway, { host: '10.0.0.2' })
    await world.store.tasks.finish(await world.claimOne(session), failure(gateway))
    await world.create(gateway, { host: '10.0.0.3' })
  }
  const file = join(place.path, 'postern.db')
  const one = new DatabaseSync(file)
  one.exec('PRAGMA journal_mode = DELETE')
  const all = one.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?')
  const pageSize = integer(one.prepare('PRAGMA page_size').get() ?? {}, 'page_size')
  // So few rows that each table is one page.
  const pages = ['tasks', 'outcomes', 'results'].map((name) => integer(all.get(name) ?? {}, 'rootpage'))
  one.close()
  const sound = answersOf(file, [1, 2, 3])
  assert.ok(sound.every((answer) => answer !== undefined))

  const handle = openSync(file, 'r+')
  const content = readFileSync(file)
  let flipped = 0
  let told = 0
  try {
    for (const page of pages) {
      const start = (page - 1) * pageSize
      const cells = content.readUInt16BE(start + 5)
      // The head of the page and the places of its rows, then the rows.
      const places = [...Array(8 + 2 * content.readUInt16BE(start + 3)).keys()]
      for (const offset of [...places, ...Array.from({ length: pageSize - cells }, (_, i) => cells + i)]) {
        const at = start + offset
        const bit = 1 << (offset % 8)
        for (const mask of [bit, bit === 0x80 ? 1 : 0x80]) {
          writeSync(handle, Uint8Array.of((content[at] ?? 0) ^ mask), 0, 1, at)
          for (const [i, answer] of answersOf(file, [1, 2, 3]).entries()) {
            if (answer === undefined) continue
            told++
            assert.equal(answer, sound[i], `bit ${mask} of byte ${offset} of page ${page}`)
          }
          flipped++
        }
        writeSync(handle, Uint8Array.of(content[at] ?? 0), 0, 1, at)
      }
    }
  } finally {
    closeSync(handle)
  }
  assert.ok(flipped > 2_000, `${flipped}`)
  assert.ok(told > flipped, 'the other tasks stay readable')
})

const CHANGES: Readonly<Record<string, string>> = {
  account: "UPDATE tasks SET account = '100000000000002' WHERE number = 1",
  host: "UPDATE tasks SET host = '10.0.0.9' WHERE number = 1",
  port: 'UPDATE tasks SET port = 3307 WHERE number = 1',
  engine: "UPDATE tasks SET engine = 'Redis' WHERE number = 1",
  state: "UPDATE tasks SET state = 'Failed', failure_code = 'x', failure_message = 'y' WHERE number = 1",
  'checksum itself': 'UPDATE tasks SET checksum = NULL WHERE number = 1',
  'text of the outcome': `UPDATE outcomes SET outcome_text = replace(outcome_text, 'complete', 'partial ') WHERE task = 1`,
  'signature found right': 'UPDATE outcomes SET verified = 1 WHERE task = 1',
  'a database': `UPDATE results SET data = CAST('{"name":"other"}' AS BLOB) WHERE task = 1 AND part = 0`,
  'a part of the result': 'DELETE FROM results WHERE task = 1 AND part = 1',
  'the whole outcome': 'DELETE FROM outcomes WHERE task = 1',
}

test('row 12: a task that was changed behind the store is answered with an error that names it; all others go on', async () => {
  await using place = await tempFolder('store')
  await using world = await storeWorld(openSqliteIn(place.path))
  const gateway = await world.gateway()
  const session = await world.session(gateway)
  const broken = await world.create(gateway)
  await world.store.tasks.finish(await world.claimOne(session), listing(gateway))
  const other = await world.create(gateway)
  const file = join(place.path, 'postern.db')
  for (const [what, sql] of Object.entries(CHANGES)) {
    const kept = join(place.path, 'kept.db')
    backUp(file, kept)
    const damage = new DatabaseSync(file, { timeout: 5_000 })
    damage.exec(`PRAGMA foreign_keys = OFF; ${sql}`)
    damage.close()
    await assertNotTold(world.store, broken, what)
    assert.equal((await world.store.tasks.get(ACCOUNT, other))?.state, 'Queued', what)
    const listed = await world.store.tasks.list(ACCOUNT, {}, { limit: 10 })
    assert.ok(listed.tasks.some(({ id }) => id === other))
    putBack(kept, file)
    assert.equal((await world.store.tasks.parts(ACCOUNT, broken))?.length, 2)
  }
})

async function assertNotTold(store: Awaited<ReturnType<typeof openSqliteStore>>, id: TaskId, what: string) {
  const errors: unknown[] = []
  const told: unknown[] = []
  for (const read of [() => store.tasks.get(ACCOUNT, id), () => store.tasks.parts(ACCOUNT, id)]) {
    await read().then(
      (value) => told.push(value),
      (error: unknown) => errors.push(error),
    )
  }
  if (what === 'account') return assert.deepEqual(told, [undefined, undefined], 'as what never was')
  assert.ok(errors.length > 0, `${what}: ${JSON.stringify(told)}`)
  for (const error of errors) {
    assert.ok(error instanceof PosternError && error.entry === 'InternalError', what)
    assert.match(error.message, new RegExp(`the task ${id} is damaged`))
  }
}

/** The rows of tasks, outcomes and results, to be put back by `putBack`. */
function backUp(file: string, to: string): void {
  writeFileSync(to, '')
  const db = new DatabaseSync(file, { timeout: 5_000 })
  db.exec(`ATTACH '${to}' AS kept`)
  for (const name of TABLES) {
    db.exec(`DROP TABLE IF EXISTS kept.${name}; CREATE TABLE kept.${name} AS SELECT ${COLUMNS[name]} FROM main.${name}`)
  }
  db.close()
}

function putBack(from: string, file: string): void {
  const db = new DatabaseSync(file, { timeout: 5_000 })
  db.exec(`PRAGMA foreign_keys = OFF; ATTACH '${from}' AS kept; BEGIN`)
  for (const name of TABLES) {
    db.exec(
      `DELETE FROM main.${name}; INSERT INTO main.${name} (${COLUMNS[name]}) SELECT ${COLUMNS[name]} FROM kept.${name}`,
    )
  }
  db.exec('COMMIT')
  db.close()
}

const TABLES = ['tasks', 'outcomes', 'results'] as const
const COLUMNS = {
  tasks:
    'number, account, gateway, region, engine, host, port, state, claimable, attempts, created_at, created_by, request, delivery_deadline, execution_ms, accepted_at, execution_deadline, step, ended_at, failure_code, failure_message, cancelled_by, checksum',
  outcomes: 'task, attempt, received_at, outcome_text, digest, signature, key_fingerprint, verified, checksum',
  results: 'task, part, data',
} as const

test('row 24: a damaged task runs nowhere and holds up no other one', async () => {
  await using place = await tempFolder('store')
  await using world = await storeWorld(openSqliteIn(place.path))
  const gateway = await world.gateway()
  const session = await world.session(gateway)
  const broken = await world.create(gateway)
  const other = await world.create(gateway)
  const late = await world.create(gateway, { host: '10.0.0.7' })
  const db = new DatabaseSync(join(place.path, 'postern.db'), { timeout: 5_000 })
  db.exec("UPDATE tasks SET host = '10.6.6.6' WHERE number = 1")
  db.close()
  const claims = await world.claim(session, { total: 2, perEndpoint: 10 })
  assert.deepEqual(
    claims.map(({ task }) => task),
    [other, late],
  )
  world.clock.advance(61_000)
  const ended = await world.store.tasks.expire(world.clock.now())
  assert.deepEqual(
    ended.map(({ id }) => id).toSorted((a, b) => a - b),
    [other, late].toSorted((a, b) => a - b),
  )
  await assert.rejects(world.store.tasks.get(ACCOUNT, broken), /is damaged/)
  assert.deepEqual(await world.store.tasks.expire(world.clock.now()), [])
})

test('tasks of before the checksums are read unchecked, and go on without one', async () => {
  await using place = await tempFolder('store')
  await using world = await storeWorld(openSqliteIn(place.path))
  const gateway = await world.gateway()
  const old = await world.create(gateway)
  const db = new DatabaseSync(join(place.path, 'postern.db'), { timeout: 5_000 })
  db.exec('UPDATE tasks SET checksum = NULL; UPDATE meta SET unchecked_tasks = 1')
  db.close()
  await world.reopen()
  const session = await world.session(gateway)
  await world.store.tasks.finish(await world.claimOne(session), listing(gateway))
  assert.equal((await world.store.tasks.get(ACCOUNT, old))?.state, 'Succeeded')
  assert.equal((await world.store.tasks.parts(ACCOUNT, old))?.length, 2)
})

test('a start refuses a broken header or schema and says what to do; a damaged task is logged', async () => {
  await using place = await tempFolder('store')
  const file = join(place.path, 'postern.db')
  const sound = join(place.path, 'sound')
  const start = async (lines: string[] = []) => {
    const log = {
      ...silentLog(),
      error: (line: unknown, text?: unknown) => void lines.push(`${JSON.stringify(line)} ${String(text)}`),
    }
    const store = await openSqliteStore({ folder: place.path, clock: manualClock(), log })
    await store[Symbol.asyncDispose]()
  }
  {
    await using world = await storeWorld(openSqliteIn(place.path))
    await world.create(await world.gateway())
  }
  copyFileSync(file, sound)
  for (const at of [0, 5, 17, 22, 58]) {
    const content = readFileSync(sound)
    content[at] = (content[at] ?? 0) ^ 0x11
    writeFileSync(file, content)
    await assert.rejects(
      start,
      /its header .*Keep the folder as it is, and bring a backup back .*postern restore/,
      `${at}`,
    )
    assert.deepEqual(readFileSync(file), content, 'it is left as it is')
  }
  for (const sql of [
    'DROP INDEX tasks_ended',
    'DROP INDEX tasks_claimable',
    'DROP TABLE nonces',
    'DROP TABLE results',
  ]) {
    copyFileSync(sound, file)
    changed(file, sql)
    await assert.rejects(start, /(tables and indexes are damaged|no such).*postern restore/, sql)
  }
  copyFileSync(sound, file)
  changed(file, "UPDATE tasks SET host = '10.6.6.6'; CREATE INDEX mine ON tasks (host)")
  const lines: string[] = []
  await start(lines)
  assert.match(lines.join('\n'), /a stored task is damaged[^]*"damaged":1/)
})

function changed(file: string, sql: string): void {
  const db = new DatabaseSync(file)
  db.exec(`PRAGMA foreign_keys = OFF; ${sql}`)
  db.close()
}
