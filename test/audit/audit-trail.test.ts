import assert from 'node:assert/strict'
import { appendFileSync, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readHead } from '../../src/audit/read-head.ts'
import { eventually } from '../fixtures/eventually.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { callEvent, DAY_MS, linesOf, openTrail, verify } from './audit-world.ts'

const segment = (data: string, day: string) => join(data, 'audit', `${day}.jsonl`)
const heads = (data: string) => linesOf(join(data, 'audit', 'heads.jsonl'))

test('entries are one chain over restarts, in files of their owner alone', async () => {
  await using folder = await tempFolder('audit')
  const data = folder.path
  for (const round of [1, 2]) {
    await using trail = await openTrail(data)
    await Promise.all([1, 2, 3].map((n) => trail.record(callEvent(10 * round + n))))
  }
  const found = await verify(data)
  assert.deepEqual([found.lines, found.firstSeq, found.lastSeq, found.unsigned], [6, 1, 6, 0])
  const actions = linesOf(segment(data, '2026-01-01')).map((line) => /"action":"(\w+)"/.exec(line)?.[1])
  assert.deepEqual(
    actions,
    [11, 12, 13, 21, 22, 23].map((n) => `Action${n}`),
  )
  assert.equal(statSync(join(data, 'audit')).mode & 0o777, 0o700)
  for (const file of ['audit-key.pem', 'audit/heads.jsonl', 'audit/2026-01-01.jsonl']) {
    assert.equal(statSync(join(data, file)).mode & 0o777, 0o600, file)
  }
})

test('at midnight of UTC a new segment goes on with the chain, and the head of the old one is signed', async () => {
  await using folder = await tempFolder('audit')
  const clock = manualClock(Date.UTC(2026, 0, 1, 23, 59, 59, 900))
  const trail = await openTrail(folder.path, clock)
  const before = trail.record(callEvent(1))
  // Of one batch, and of two days.
  clock.advance(200)
  await Promise.all([before, trail.record(callEvent(2))])
  assert.deepEqual(readdirSync(join(folder.path, 'audit')).toSorted(), [
    '2026-01-01.jsonl',
    '2026-01-02.jsonl',
    'heads.jsonl',
  ])
  assert.equal(heads(folder.path).length, 1)
  assert.match(heads(folder.path)[0] ?? '', /"segment":"2026-01-01","seq":1,/)
  assert.equal((await verify(folder.path)).unsigned, 1)
  await trail[Symbol.asyncDispose]()
  assert.equal((await verify(folder.path)).unsigned, 0)
})

test('a head is signed every minute in which something is new', async () => {
  await using folder = await tempFolder('audit')
  const clock = manualClock()
  await using trail = await openTrail(folder.path, clock)
  await trail.record(callEvent(1))
  clock.advance(60_000)
  await eventually('a head', () => heads(folder.path).length === 1)
  clock.advance(180_000)
  await trail.record(callEvent(2))
  clock.advance(60_000)
  await eventually('a second head', () => heads(folder.path).length === 2)
  assert.equal((await verify(folder.path)).unsigned, 0)
})

test('a clock that was set back between two starts writes on in the newest segment', async () => {
  await using folder = await tempFolder('audit')
  for (const day of [5, 3]) {
    await using trail = await openTrail(folder.path, manualClock(Date.UTC(2026, 0, day)))
    await trail.record(callEvent(day))
  }
  assert.equal(linesOf(segment(folder.path, '2026-01-05')).length, 2)
  assert.equal((await verify(folder.path)).lines, 2)
})

test('half a line that a crash left is cut off, and the trail says so', async () => {
  await using folder = await tempFolder('audit')
  const data = folder.path
  {
    await using trail = await openTrail(data)
    await trail.record(callEvent(1))
  }
  appendFileSync(segment(data, '2026-01-01'), '{"seq":2,"prev')
  appendFileSync(join(data, 'audit', 'heads.jsonl'), '{"server')
  assert.equal((await verify(data)).torn, 14)
  {
    await using trail = await openTrail(data)
    await trail.record(callEvent(2))
  }
  const lines = linesOf(segment(data, '2026-01-01'))
  assert.match(lines[1] ?? '', /"kind":"recovered","segment":"2026-01-01","bytes":14}$/)
  assert.equal(lines.length, 3)
  assert.deepEqual((await verify(data)).torn, 0)
})

test('what is older than the retention goes, with an entry; its signed heads stay', async () => {
  await using folder = await tempFolder('audit')
  const data = folder.path
  for (const day of [1, 2, 3]) {
    await using trail = await openTrail(data, manualClock(Date.UTC(2026, 0, day)))
    await trail.record(callEvent(day))
  }
  const noted = await readHead(join(data, 'audit'))
  const clock = manualClock(Date.UTC(2026, 0, 12))
  const trail = await openTrail(data, clock, 9 * DAY_MS)
  await trail.record(callEvent(12))
  assert.deepEqual(
    readdirSync(join(data, 'audit')).filter((name) => name.startsWith('2026')),
    ['2026-01-03.jsonl', '2026-01-12.jsonl'],
    'at the start',
  )
  clock.advance(2 * DAY_MS)
  await eventually('nothing of the third', () => !existsSync(segment(data, '2026-01-03')))
  await trail[Symbol.asyncDispose]()
  assert.ok(heads(data).some((line) => line.includes('"segment":"2026-01-01"')))
  const found = await verify(data)
  assert.equal(found.firstSeq, 4)
  const [seq, hash] = noted?.split(':') ?? []
  assert.equal(
    (await verify(data, { seq: Number(seq), hash: hash ?? '' })).lines,
    found.lines,
    'a head of what is gone',
  )

  // The same without the entry that says so.
  rmSync(segment(data, '2026-01-12'))
  await assert.rejects(verify(data), /2026-01-14\.jsonl.* (lines are missing|removed for their age)/)
})

test('failures before it is known who calls are one line per address and minute, the rest of many addresses another', async () => {
  await using folder = await tempFolder('audit')
  const clock = manualClock()
  await using trail = await openTrail(folder.path, clock)
  for (let n = 0; n < 3; n++) trail.failed('192.0.2.1', 'SignatureDoesNotMatch')
  trail.failed('192.0.2.1', 'InvalidAccessKeyId.NotFound')
  for (let n = 0; n < 1_500; n++) trail.failed(`10.0.${n >> 8}.${n & 255}`, 'InvalidAccessKeyId.NotFound')
  clock.advance(60_000)
  const file = segment(folder.path, '2026-01-01')
  await eventually('the lines', () => existsSync(file) && linesOf(file).length === 1_001)
  const lines = linesOf(file)
  assert.match(
    lines[0] ?? '',
    /"address":"192\.0\.2\.1","minute":"2026-01-01T00:00:00\.000Z","counts":{"SignatureDoesNotMatch":3,"InvalidAccessKeyId\.NotFound":1}}$/,
  )
  assert.match(lines.at(-1) ?? '', /"address":"others",.*"counts":{"InvalidAccessKeyId\.NotFound":501}}$/)
})

test('a lost private key is not replaced in silence', async () => {
  await using folder = await tempFolder('audit')
  await (await openTrail(folder.path))[Symbol.asyncDispose]()
  rmSync(join(folder.path, 'audit-key.pem'))
  await assert.rejects(openTrail(folder.path), /audit-key\.pem.*is missing.*backup/)
})

test('while nothing can be written it says so; then what is missing is counted in the trail', async () => {
  await using folder = await tempFolder('audit')
  const data = folder.path
  const clock = manualClock()
  await using trail = await openTrail(data, clock)
  await trail.record(callEvent(1))
  // The next day needs a new file, and its folder is not there.
  renameSync(join(data, 'audit'), join(data, 'away'))
  clock.advance(DAY_MS)
  await Promise.all([trail.record(callEvent(2)), trail.record(callEvent(3))])
  assert.equal(trail.problem, 'The audit trail cannot be written.')
  renameSync(join(data, 'away'), join(data, 'audit'))
  clock.advance(2_000)
  await eventually('it is written again', () => trail.problem === undefined)
  await trail.record(callEvent(4))
  const lines = linesOf(segment(data, '2026-01-02'))
  assert.match(lines[0] ?? '', /"kind":"lost","count":2,/)
  assert.match(lines[1] ?? '', /"action":"Action4"/)
  assert.equal((await verify(data)).lines, 3)
})
