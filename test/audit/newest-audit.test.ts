import assert from 'node:assert/strict'
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { auditFolder, segmentFile } from '../../src/audit/audit-folder.ts'
import { type AuditVerdict, createAuditReader } from '../../src/audit/audit-reader.ts'
import { type NewestAudit, type NewestPlace, type NewestQuery, readNewestAudit } from '../../src/audit/newest-audit.ts'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { eventually } from '../fixtures/eventually.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { callEvent, DAY_MS, openTrail } from './audit-world.ts'

const FIRST_DAY = Date.UTC(2026, 0, 1, 12)
const OWN = '100000000000001'
const OTHER = '100000000000002'

/** Days of entries; of `EACH` one is another account's, and every third failed. */
async function writeDays(data: string, days: number, each: number): Promise<void> {
  const clock = manualClock(FIRST_DAY)
  await using trail = await openTrail(data, clock)
  for (let day = 0; day < days; day++) {
    const events = Array.from({ length: each }, (_, n) => {
      const event = callEvent(day * each + n + 1)
      const account = n % 10 === 0 ? OTHER : OWN
      return { ...event, account, principal: `${account}:root`, outcome: n % 3 === 0 ? 'Request.Forbidden' : 'OK' }
    })
    await Promise.all(events.map((event) => trail.record(event)))
    clock.advance(DAY_MS)
  }
}

async function allPages(folder: string, query: Omit<NewestQuery, 'place'>): Promise<readonly NewestAudit[]> {
  const pages: NewestAudit[] = []
  let place: NewestPlace | undefined
  do {
    assert.ok(pages.length < 400, 'it goes on')
    const page = await readNewestAudit(folder, { ...query, place }, AbortSignal.timeout(30_000))
    assert.ok(page.entries.length <= query.limit)
    pages.push(page)
    place = page.next
  } while (place !== undefined)
  return pages
}

const isOwn = (seq: number) => ((seq - 1) % 1_000) % 10 !== 0
const failed = (seq: number) => ((seq - 1) % 1_000) % 3 === 0

const reader = (data: string, of = systemClock()) =>
  createAuditReader({ data, writeProblem: () => undefined, clock: of, log: silentLog() })

async function ended(asked: { verdict(): Promise<AuditVerdict> }): Promise<AuditVerdict> {
  let verdict = await asked.verdict()
  await eventually('the check ends', async () => {
    verdict = await asked.verdict()
    return !verdict.checking && verdict.state !== 'Unchecked'
  })
  return verdict
}

test('the newest entries of an account, page by page: all of them once, and none of another account', async () => {
  await using place = await tempFolder('audit')
  const folder = auditFolder(place.path)
  await writeDays(place.path, 3, 1_000)
  const seqs = async (query: Omit<NewestQuery, 'place'>) =>
    (await allPages(folder, query)).flatMap(({ entries }) => entries.map(({ seq }) => seq))
  const numbers = Array.from({ length: 3_000 }, (_, index) => 3_000 - index)
  // The trail has no entries of its own between: nothing was lost, and nothing is old.
  assert.deepEqual(await seqs({ account: OWN, limit: 7 }), numbers.filter(isOwn))
  assert.deepEqual(
    await seqs({ account: OTHER, limit: 100 }),
    numbers.filter((seq) => !isOwn(seq)),
  )
  const errors = numbers.filter((seq) => isOwn(seq) && failed(seq))
  assert.deepEqual(await seqs({ account: OWN, limit: 100, outcome: 'Error' }), errors)
  assert.deepEqual(await seqs({ account: OWN, limit: 100, outcome: 'Request.Forbidden' }), errors)
  const second = { from: FIRST_DAY + DAY_MS, before: FIRST_DAY + 2 * DAY_MS }
  const ofSecond = numbers.filter((seq) => isOwn(seq) && seq > 1_000 && seq <= 2_000)
  assert.deepEqual(await seqs({ account: OWN, limit: 100, ...second }), ofSecond)
  assert.deepEqual(await seqs({ account: OWN, limit: 100, action: 'Action1234' }), [1234])
  assert.deepEqual(await seqs({ account: OWN, limit: 100, principal: `${OTHER}:root` }), [])
})

test('a page looks at a bounded number of entries, and halves, faults and what is removed end nothing', async () => {
  await using place = await tempFolder('audit')
  const folder = auditFolder(place.path)
  await writeDays(place.path, 2, 15_000)
  const pages = await allPages(folder, { account: OWN, limit: 100, action: 'Action2' })
  assert.deepEqual(
    pages.map(({ entries }) => entries.length),
    [0, 1],
    '20,000 a page, 30,000 in all',
  )
  const file = segmentFile(folder, '2026-01-02')
  const lines = readFileSync(file, 'utf8').split('\n')
  lines[14_998] = 'nothing'
  writeFileSync(file, lines.join('\n'))
  appendFileSync(file, '{"seq":')
  const query = { account: OWN, limit: 2 }
  const first = await readNewestAudit(folder, query, AbortSignal.timeout(30_000))
  assert.deepEqual(
    first.entries.map(({ seq }) => seq),
    [30_000, 29_998],
  )
  rmSync(file)
  const next = await readNewestAudit(folder, { ...query, place: first.next }, AbortSignal.timeout(30_000))
  assert.deepEqual(
    next.entries.map(({ seq }) => seq),
    [15_000, 14_999],
  )
  await assert.rejects(readNewestAudit(folder, query, AbortSignal.abort()), { name: 'AbortError' })
})

test('the verdict of the trail: intact, then broken where a line was changed, without the folder in its words', async () => {
  await using place = await tempFolder('audit')
  const clock = manualClock()
  {
    await using empty = reader(place.path)
    assert.deepEqual(await empty.verdict(), { state: 'Unchecked', checking: false })
    assert.equal(await empty.head(), undefined)
  }
  await writeDays(place.path, 2, 500)
  {
    await using good = reader(place.path)
    const { state, found } = await ended(good)
    assert.deepEqual([state, found?.lines, found?.firstSeq, found?.lastSeq], ['Intact', 1_000, 1, 1_000])
    assert.match((await good.head()) ?? '', /^1000:[0-9a-f]{64}$/)
  }
  // Time stands still: a check that rests does not end, and nobody waits for it.
  const resting = reader(place.path, clock)
  const asked = resting.verdict()
  await eventually('both wait', () => clock.pending > 1)
  clock.advance(200)
  assert.equal((await asked).checking, true)
  await resting[Symbol.asyncDispose]()

  const file = segmentFile(auditFolder(place.path), '2026-01-01')
  writeFileSync(file, readFileSync(file, 'utf8').replace('"action":"Action77"', '"action":"Action78"'))
  await using bad = reader(place.path)
  const { state, problem } = await ended(bad)
  assert.equal(state, 'Broken')
  assert.match(problem ?? '', /^audit\/2026-01-01\.jsonl:78: does not follow the line before it/)
})
