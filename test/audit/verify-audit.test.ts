import assert from 'node:assert/strict'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { AuditProblem } from '../../src/audit/audit-problem.ts'
import { readHead } from '../../src/audit/read-head.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { callEvent, DAY_MS, openTrail, verify } from './audit-world.ts'

/** Three days, four entries each, a head a minute and one at the end. */
async function written(data: string): Promise<readonly string[]> {
  const clock = manualClock()
  const trail = await openTrail(data, clock)
  for (const day of [0, 1, 2]) {
    for (let n = 0; n < 4; n++) await trail.record(callEvent(10 * day + n))
    clock.advance(DAY_MS)
  }
  await trail[Symbol.asyncDispose]()
  await verify(data)
  return readdirSync(join(data, 'audit')).map((name) => join('audit', name))
}

interface Tampering {
  readonly file: number
  readonly kind: 'flip' | 'remove' | 'swap' | 'repeat' | 'cut'
  readonly at: number
  readonly other: number
}

const tampering: fc.Arbitrary<Tampering> = fc.record({
  file: fc.nat(3),
  kind: fc.constantFrom('flip', 'remove', 'swap', 'repeat', 'cut'),
  at: fc.nat(1_000_000),
  other: fc.integer({ min: 1, max: 255 }),
})

/** Undefined where it would change nothing. */
function changed(bytes: Buffer, { kind, at, other }: Tampering, isHeads: boolean): Buffer | undefined {
  if (kind === 'flip') {
    // Behind the last head a missing end of line is what a crash leaves.
    const copy = Buffer.from(bytes)
    const place = at % (bytes.length - (isHeads ? 1 : 0))
    copy[place] = (copy[place] ?? 0) ^ other
    return copy
  }
  const lines = bytes.toString('utf8').split('\n').slice(0, -1)
  const place = at % lines.length
  const second = (place + other) % lines.length
  const line = lines[place] ?? ''
  if (kind === 'swap') {
    if (second === place) return undefined
    lines[place] = lines[second] ?? ''
    lines[second] = line
  }
  if (kind === 'repeat') lines.splice(place, 0, line)
  // The newest heads alone protect nothing that a noted head would not.
  if (kind === 'remove') lines.splice(isHeads && place === lines.length - 1 ? 0 : place, 1)
  if (kind === 'cut') {
    if (isHeads) return undefined
    lines.splice(place)
  }
  return Buffer.from(lines.map((each) => `${each}\n`).join(''))
}

test('row 33: in the audit trail, whatever byte is flipped, whatever line is removed, moved or repeated: the check fails and says where', async () => {
  await using folder = await tempFolder('audit')
  const data = join(folder.path, 'data')
  await written(data)
  const files = readdirSync(join(data, 'audit')).map((name) => join(data, 'audit', name))
  assert.equal(files.length, 4)
  await fc.assert(
    fc.asyncProperty(tampering, async (how) => {
      const file = files[how.file] ?? ''
      const bytes = readFileSync(file)
      const tampered = changed(bytes, how, file.endsWith('heads.jsonl'))
      fc.pre(tampered !== undefined && !tampered.equals(bytes))
      writeFileSync(file, tampered)
      try {
        await assert.rejects(verify(data), AuditProblem)
      } finally {
        writeFileSync(file, bytes)
      }
    }),
    { numRuns: 400, interruptAfterTimeLimit: 20_000 },
  )
  await verify(data)
})

test('a whole segment that is gone is missed, whichever it is', async () => {
  await using folder = await tempFolder('audit')
  await written(folder.path)
  for (const [day, said] of [
    ['2026-01-01', /2026-01-02\.jsonl.*no entry says|lines are missing/],
    ['2026-01-02', /2026-01-03\.jsonl:1: is entry 9 where 5 belongs/],
    ['2026-01-03', /the lines end with entry 8, but a signed head says/],
  ] as const) {
    const file = join(folder.path, 'audit', `${day}.jsonl`)
    const bytes = readFileSync(file)
    rmSync(file)
    await assert.rejects(verify(folder.path), said, day)
    writeFileSync(file, bytes)
  }
})

test("a trail made anew with the server's own key does not have the head that was noted", async () => {
  await using folder = await tempFolder('audit')
  await written(folder.path)
  const [seq, hash = ''] = ((await readHead(join(folder.path, 'audit'))) ?? '').split(':')
  const noted = { seq: Number(seq), hash }
  await verify(folder.path, noted)
  await verify(folder.path, { seq: undefined, hash })
  // The same chain, cut back to its middle with its heads.
  rmSync(join(folder.path, 'audit'), { recursive: true })
  {
    await using trail = await openTrail(folder.path)
    await trail.record(callEvent(0))
  }
  await verify(folder.path)
  await assert.rejects(verify(folder.path, noted), /the noted head 12:.* is not in this trail, which ends with entry 1/)
  await assert.rejects(verify(folder.path, { seq: undefined, hash }), /is nowhere in this trail/)
  await assert.rejects(verify(folder.path, { seq: 1, hash }), /:1: is not the entry 1 that was noted elsewhere/)
})

test('heads that another key signed are refused', async () => {
  await using folder = await tempFolder('audit')
  await written(folder.path)
  await using other = await tempFolder('audit')
  await written(other.path)
  cpSync(join(other.path, 'audit-key.pub.pem'), join(folder.path, 'audit-key.pub.pem'))
  await assert.rejects(verify(folder.path), /heads\.jsonl:1: is not signed with the key/)
})
