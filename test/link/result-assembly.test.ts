import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createResultAssembly } from '../../src/link/result-assembly.ts'
import { newAttemptId, toEpoch, toFingerprint } from '../../src/model/ids.ts'
import { MAX_PART_BYTES } from '../../src/model/listing.ts'
import { outcomeDigest } from '../../src/model/outcome-digest.ts'

const OUTCOME = (count: number) =>
  JSON.stringify({
    kind: 'listing',
    count,
    visibility: 'complete',
    warnings: [],
    server: { product: 'x', version: '1', role: 'unknown' },
    steps: [],
    collectedAt: 1,
  })
const line = (name: string) => `${JSON.stringify({ name, kind: 'database', system: false })}\n`

test('chunks of any size come together in few parts that threads share, and what they take is counted', () => {
  const budget = { usedBytes: 0 }
  const assembly = createResultAssembly(budget)
  const attempt = newAttemptId()
  const chunks = [3, 1, 4_000, 4_000, 2, 3_900, 1, 1, 4_000, 4_000].map((names, chunk) =>
    Array.from({ length: names }, (_, i) => line(`${chunk} \u{1f600} ${i}`)).join(''),
  )
  let before = 0
  for (const [index, data] of chunks.entries()) {
    assembly.chunk({ type: 'chunk', attempt, index, data })
    before += Buffer.byteLength(data)
    assert.ok(budget.usedBytes >= before, 'what it takes is never less than what it is')
  }
  const outcome = OUTCOME(3 + 1 + 16_000 + 2 + 3_900 + 2)
  const { parts } = assembly.finished({
    type: 'finished',
    attempt,
    epoch: toEpoch(1),
    chunks: chunks.length,
    outcome,
    digest: outcomeDigest(outcome, chunks),
    signature: '',
    key: toFingerprint('0'.repeat(64)),
  })
  assert.equal(budget.usedBytes, 0)
  assert.equal(Buffer.concat(parts).toString('utf8'), chunks.join(''))
  assert.ok(parts.length < chunks.length)
  for (const part of parts) assert.ok(part.length > 0 && part.length <= MAX_PART_BYTES)
  for (const part of parts.slice(1)) assert.ok(part.buffer instanceof SharedArrayBuffer)
})

test('what begins anew or is dropped takes nothing any more, and tiny chunks count as what they take', () => {
  const budget = { usedBytes: 0 }
  const assembly = createResultAssembly(budget)
  const attempts = Array.from({ length: 2_000 }, newAttemptId)
  const begin = (attempt: (typeof attempts)[number]) => {
    for (const index of [0, 1]) assembly.chunk({ type: 'chunk', attempt, index, data: line('a') })
  }
  const [first] = attempts
  assert.ok(first !== undefined)
  begin(first)
  const once = budget.usedBytes
  begin(first)
  assert.equal(budget.usedBytes, once)
  assert.throws(() => {
    for (const attempt of attempts) begin(attempt)
  }, /Too many large results/)
  assembly.drop()
  assert.equal(budget.usedBytes, 0)
})
