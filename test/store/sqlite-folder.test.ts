import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { silentLog } from '../../src/base/log.ts'
import { VERSION } from '../../src/base/version.ts'
import { toAccountId } from '../../src/model/ids.ts'
import { isOlder } from '../../src/store/migrations.ts'
import { loadMigrations } from '../../src/store/sqlite/migrate.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { loadStatements, statementsOf } from '../../src/store/sqlite/statements.ts'
import { ended, startChild } from './child.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { newAccount } from './store-world.ts'

const GOLDEN = new URL('sqlite-schema.golden.sql', import.meta.url)
const open = (folder: string) => openSqliteStore({ folder, clock: manualClock(), log: silentLog() })

/** A store that is opened against the rule is closed again, so that the test fails and does not hang. */
async function assertRefused(folder: string, message: RegExp): Promise<void> {
  await assert.rejects(async () => {
    const opened = await open(folder)
    await opened[Symbol.asyncDispose]()
  }, message)
}

async function closedStore(folder: string): Promise<string> {
  await (await open(folder))[Symbol.asyncDispose]()
  return join(folder, 'postern.db')
}

test('folder and files are for their owner alone', async () => {
  await using place = await tempFolder('store')
  const folder = join(place.path, 'deep', 'store')
  await using store = await open(folder)
  await store.access.createAccount(newAccount(toAccountId('1')))
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  const names = readdirSync(folder)
  for (const name of ['lock.db', 'postern.db', 'postern.db-wal', 'server.pid']) assert.ok(names.includes(name), name)
  for (const name of names) assert.equal(statSync(join(folder, name)).mode & 0o077, 0, name)
})

test('a store closes into one file, without a log beside it, and can be opened again', async () => {
  await using place = await tempFolder('store')
  await closedStore(place.path)
  assert.deepEqual(readdirSync(place.path).toSorted(), ['lock.db', 'postern.db'])
  await closedStore(place.path)
})

test('a second server on the same folder is refused at once, and told which process has it', async () => {
  await using place = await tempFolder('store')
  const refusal = new RegExp(`Another Postern server \\(process ${process.pid}\\) .*${place.path}.*Stop`)
  {
    await using store = await open(place.path)
    await assertRefused(place.path, refusal)
    // A refused one in this very process must not have freed the lock either.
    const other = await openInChild(place.path)
    assert.equal(other.code, 3)
    assert.match(other.output, refusal)
    assert.equal(await store.access.createAccount(newAccount(toAccountId('1'))), true)
  }
  assert.equal((await openInChild(place.path)).code, 0)
})

test('a store that needs a newer version is refused, unchanged; one of a newer schema that this version can use is not', async () => {
  await using place = await tempFolder('store')
  const file = await closedStore(place.path)
  setMinNode(file, '99.0.0')
  const before = readFileSync(file)
  await assertRefused(
    place.path,
    /needs version 99\.0\.0 or newer; this is .*Nothing was changed.*Install Postern 99\.0\.0/,
  )
  assert.deepEqual(readFileSync(file), before)
  assert.deepEqual(readdirSync(place.path).toSorted(), ['lock.db', 'postern.db'])
  setMinNode(file, VERSION)
  const db = new DatabaseSync(file)
  db.exec(
    "INSERT INTO migrations VALUES (9999, '9999-later.sql', 0, '99.0.0'); ALTER TABLE accounts ADD COLUMN later TEXT",
  )
  db.close()
  await closedStore(place.path)
})

test('a file that is no database is refused by its name and left as it is; the folder is free again', async () => {
  await using place = await tempFolder('store')
  const file = join(place.path, 'postern.db')
  writeFileSync(file, 'my shopping list '.repeat(100))
  await assertRefused(place.path, new RegExp(`The store ${file} cannot be opened: .*not a database`))
  assert.equal(readFileSync(file, 'utf8'), 'my shopping list '.repeat(100))
  rmSync(file)
  await closedStore(place.path)
})

function setMinNode(file: string, version: string): void {
  const db = new DatabaseSync(file)
  db.prepare('UPDATE meta SET min_node = ?').run(version)
  db.close()
}

test('versions are compared by number, not by letter', () => {
  assert.equal(isOlder('0.9.0', '0.10.0'), true)
  assert.equal(isOlder('0.10.0', '0.9.9'), false)
  assert.equal(isOlder('1.2.3', '1.2.3'), false)
  assert.equal(isOlder('1.2.3-rc.1', '1.2.3'), false)
  assert.equal(isOlder('1.2.3', '2.0.0'), true)
})

test('the schema is the golden one; UPDATE_GOLDEN=1 writes it anew', async () => {
  await using place = await tempFolder('store')
  const db = new DatabaseSync(await closedStore(place.path), { readOnly: true })
  const rows = db
    .prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY tbl_name, type DESC, name')
    .all()
  db.close()
  const dump = `${rows.map(({ sql }) => `${String(sql)};`).join('\n\n')}\n`
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(GOLDEN, dump)
  assert.equal(dump, readFileSync(GOLDEN, 'utf8'))
})

test('every migration has its number and its row, and every statement fits the schema', async () => {
  await using place = await tempFolder('store')
  const db = new DatabaseSync(await closedStore(place.path))
  const statements = statementsOf(db)
  statements.prepareAll()
  assert.deepEqual(
    db
      .prepare('SELECT number, name, applied_by FROM migrations')
      .all()
      .map((row) => ({ ...row })),
    loadMigrations().map(({ number, name }) => ({ number, name, applied_by: VERSION })),
  )
  // A parameter that is forgotten would be NULL, one that is misspelt would be another.
  assert.throws(() => statements.get('access_key'), /access_key takes 1 parameters and got 0/)
  assert.throws(() => statements.get('access_key', { key: 'x' }))
  for (const [name, sql] of loadStatements()) assert.ok(!/\bSELECT \*/.test(sql), `${name} names its columns`)
  db.close()
})

async function openInChild(folder: string) {
  return ended(startChild('open-child.ts', { args: [folder] }))
}
