import assert from 'node:assert/strict'
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { auditFolder, segmentFile } from '../../src/audit/audit-folder.ts'
import { type AuditPage, type AuditPlace, type AuditQuery, readAuditPage } from '../../src/audit/audit-page.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { callEvent, DAY_MS, openTrail } from './audit-world.ts'

const FIRST_DAY = Date.UTC(2026, 0, 1, 12)
const EACH_DAY = 12_000

/** Two days; every entry has an action of its own. */
async function writeTwoDays(data: string): Promise<void> {
  const clock = manualClock(FIRST_DAY)
  await using trail = await openTrail(data, clock)
  for (const day of [0, 1]) {
    await Promise.all(Array.from({ length: EACH_DAY }, (_, n) => trail.record(callEvent(day * EACH_DAY + n + 1))))
    if (day === 0) clock.advance(DAY_MS)
  }
}

async function allPages(folder: string, query: AuditQuery): Promise<readonly AuditPage[]> {
  const pages: AuditPage[] = []
  let from: AuditPlace | undefined
  do {
    assert.ok(pages.length < 5, 'it goes on')
    const page = await readAuditPage(folder, { ...query, from }, AbortSignal.timeout(30_000))
    pages.push(page)
    from = page.next
  } while (from !== undefined)
  return pages
}

test('row 33: pages of the audit trail are bounded, and together they are all of it, once and in order', async () => {
  await using place = await tempFolder('audit')
  const folder = auditFolder(place.path)
  await writeTwoDays(place.path)
  const [first, second, ...more] = await allPages(folder, { since: 0 })
  assert.ok(first?.next && second && more.length === 0)
  assert.ok(first.entries.length > 5_000 && first.entries.length < 20_000)
  const seqs = [...first.entries, ...second.entries].map(({ seq }) => seq)
  assert.ok(seqs.every((seq, index) => seq === index + 1))

  const rare = await allPages(folder, { since: 0, action: `Action${2 * EACH_DAY}`, principal: '100000000000001:root' })
  assert.deepEqual(
    rare.map(({ entries }) => entries.map(({ seq }) => seq)),
    [[], [2 * EACH_DAY]],
  )
  const later = await allPages(folder, { since: FIRST_DAY + DAY_MS })
  const ofLater = later.flatMap(({ entries }) => entries)
  assert.deepEqual([ofLater.length, ofLater[0]?.seq], [EACH_DAY, EACH_DAY + 1])

  // Between two pages the server goes on writing, and removes what is old.
  appendFileSync(segmentFile(folder, '2026-01-02'), '{"seq":')
  rmSync(segmentFile(folder, '2026-01-01'))
  const rest = await readAuditPage(folder, { since: 0, from: first.next }, AbortSignal.timeout(30_000))
  assert.deepEqual([rest.entries.at(-1)?.seq, rest.next, rest.problem], [2 * EACH_DAY, undefined, undefined])
  assert.equal(rest.entries[0]?.seq, first.entries.length + 1)
  await assert.rejects(readAuditPage(folder, { since: 0 }, AbortSignal.abort()), { name: 'AbortError' })
})

test('a line that is none ends the list with its place, on whatever page it is', async () => {
  await using place = await tempFolder('audit')
  const folder = auditFolder(place.path)
  await writeTwoDays(place.path)
  const file = segmentFile(folder, '2026-01-02')
  const lines = readFileSync(file, 'utf8').split('\n')
  lines[9_999] = 'nothing'
  writeFileSync(file, lines.join('\n'))
  const pages = await allPages(folder, { since: 0 })
  assert.equal(pages.length, 2)
  assert.equal(pages[1]?.problem, `${file}:10000: is not a line of an audit trail.`)
  assert.equal(pages.flatMap(({ entries }) => entries).length, EACH_DAY + 9_999)
})

test('long entries make a page short', async () => {
  await using place = await tempFolder('audit')
  {
    await using trail = await openTrail(place.path)
    const long = { ...callEvent(1), principal: 'x'.repeat(30_000) }
    await Promise.all(Array.from({ length: 200 }, () => trail.record(long)))
  }
  const pages = await allPages(auditFolder(place.path), { since: 0 })
  assert.deepEqual(
    pages.map(({ entries }) => entries.length > 0 && Buffer.byteLength(JSON.stringify(entries)) < 5 * 1024 * 1024),
    [true, true],
  )
  assert.equal(pages.flatMap(({ entries }) => entries).length, 200)
})
