import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { silentLog } from '../../src/base/log.ts'
import { toAccountId } from '../../src/model/ids.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { startWriter } from '../../src/store/sqlite/writer-client.ts'
import { ended, startChild } from './child.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { failure, listing, newAccount, storeWorld } from './store-world.ts'

const open = (folder: string) => openSqliteStore({ folder, clock: manualClock(), log: silentLog() })

/** Every commit waits until it is let go: as slow a disk as the test wants. */
function heldUp(file: string): { letGo(): void } {
  const other = new DatabaseSync(file)
  other.exec('BEGIN IMMEDIATE')
  return { letGo: () => other.close() }
}

test('when the writer thread dies, what waits and what comes rejects with a clear error', async () => {
  await using place = await tempFolder('store')
  const file = join(place.path, 'postern.db')
  const writer = await startWriter({ file, clock: manualClock(), log: silentLog() })
  const disk = heldUp(file)
  const waiting = [1, 2, 3].map((n) => writer.write('createAccount', newAccount(toAccountId(String(n)))))
  const rejections = Promise.all(
    waiting.map((one) => assert.rejects(one, /The writer of the store has ended; restart/)),
  )
  const killed = writer.kill()
  disk.letGo()
  await killed
  await rejections
  await assert.rejects(writer.write('createAccount', newAccount(toAccountId('4'))), {
    code: 'ServiceUnavailable',
  })
  await writer[Symbol.asyncDispose]()
})

test('a closed store finishes what it took and takes nothing more', async () => {
  await using place = await tempFolder('store')
  const store = await open(place.path)
  const made = Array.from({ length: 600 }, (_, i) => store.access.createAccount(newAccount(toAccountId(`a${i}`))))
  const closed = store[Symbol.asyncDispose]()
  await assert.rejects(store.access.createAccount(newAccount(toAccountId('late'))), /closed/)
  assert.ok((await Promise.all(made)).every(Boolean))
  await closed
  await using again = await open(place.path)
  assert.equal((await again.access.accounts()).length, 600)
})

test('a batch that does not fit on the disk fails whole, and the store goes on', { timeout: 60_000 }, async () => {
  await using place = await tempFolder('store')
  const child = startChild('full-disk-child.ts', {
    args: [place.path],
    shell: 'trap "" XFSZ; ulimit -f 4096; exec "$0" "$@"',
  })
  const { code, output } = await ended(child)
  assert.equal(code, 0, output)
  assert.deepEqual(JSON.parse(output), { large: 'ServiceUnavailable', state: 'Queued', small: 'Succeeded', kept: 20 })
})

test('a slow commit holds up neither reads nor anything else of this thread', async () => {
  await using place = await tempFolder('store')
  await using store = await open(place.path)
  const disk = heldUp(join(place.path, 'postern.db'))
  let written = false
  const write = (async () => {
    await store.access.createAccount(newAccount(toAccountId('1')))
    written = true
  })()
  for (let i = 0; i < 20; i++) {
    await new Promise((resolve) => setImmediate(resolve))
    await store.access.accounts()
  }
  assert.equal(written, false)
  disk.letGo()
  await write
  assert.equal((await store.access.accounts()).length, 1)
})

test('more writes than may wait are refused with ServiceUnavailable, those that were taken are done', async () => {
  await using place = await tempFolder('store')
  await using store = await open(place.path)
  const ends = await Promise.allSettled(Array.from({ length: 20_050 }, () => store.access.burn([])))
  const refused = ends.filter((end) => end.status === 'rejected')
  assert.equal(refused.length, 50)
  for (const { reason } of refused)
    assert.equal(reason instanceof Error && 'code' in reason && reason.code, 'ServiceUnavailable')
  await store.access.burn([])
})

test('row 25: digest, counts and time of the first late outcome are kept', async () => {
  await using place = await tempFolder('store')
  const file = join(place.path, 'postern.db')
  await using world = await storeWorld(async (clock) => {
    const store = await openSqliteStore({ folder: place.path, clock, log: silentLog() })
    return { store, reopen: () => Promise.resolve(store), [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() }
  })
  const gateway = await world.gateway()
  await world.create(gateway)
  const claim = await world.claimOne(await world.session(gateway))
  await world.store.tasks.finish(claim, failure(gateway))
  world.clock.advance(5)
  const late = listing(gateway, ['a', 'bc'])
  const at = world.clock.now()
  await world.store.tasks.finish(claim, late)
  world.clock.advance(5)
  await world.store.tasks.finish(claim, listing(gateway, ['other']))

  const db = new DatabaseSync(file, { readOnly: true })
  const row = db.prepare('SELECT late_at, late_digest, late_count, late_bytes FROM attempts').get()
  const parts = db.prepare('SELECT count(*) AS parts FROM results').get()
  db.close()
  const bytes = late.parts.reduce((sum, part) => sum + part.length, 0)
  assert.deepEqual({ ...row }, { late_at: at, late_digest: late.digest, late_count: 2, late_bytes: bytes })
  assert.deepEqual({ ...parts }, { parts: 0 })
})
