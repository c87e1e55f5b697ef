import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { toParts, USUAL_PART_BYTES } from '../../src/gateway/result-parts.ts'
import { createResultAssembly } from '../../src/link/result-assembly.ts'
import { outcomeDigest } from '../../src/model/outcome-digest.ts'
import { newAttemptId, toEpoch, toFingerprint } from '../../src/model/ids.ts'
import type { DatabaseRecord } from '../../src/model/listing.ts'

const named = (name: string): DatabaseRecord => ({ name, kind: 'database', system: false })

test('parts are full and end where a line ends, in bytes, not in characters', async () => {
  const databases = Array.from({ length: 20_000 }, (_, index) => named(`数据库_${index}_😀`))
  const parts = await toParts(databases)
  assert.ok(parts.length > 4)
  for (const [index, part] of parts.entries()) {
    assert.ok(part.length <= USUAL_PART_BYTES)
    if (index < parts.length - 1) assert.ok(part.length > USUAL_PART_BYTES - 200)
    assert.equal(part.at(-1), 0x0a)
    assert.ok(part.toString('utf8').isWellFormed())
  }
  const lines = Buffer.concat(parts).toString('utf8').trimEnd().split('\n')
  assert.deepEqual(
    lines.map((line): unknown => JSON.parse(line)),
    databases,
  )
})

test('any names come back through chunks of any size', async () => {
  const names = fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { maxLength: 50 })
  await fc.assert(
    fc.asyncProperty(names, fc.integer({ min: 300, max: 2000 }), async (given, partBytes) => {
      const limits = { databases: 1000, resultBytes: 1_000_000, partBytes }
      const parts = await toParts(given.map(named), limits)
      for (const part of parts) assert.ok(part.length <= partBytes && part.length > 0)
      const text = parts.map((part) => part.toString('utf8')).join('')
      const back = text.split('\n').slice(0, -1)
      assert.deepEqual(
        back.map((line): unknown => JSON.parse(line)),
        given.map(named),
      )
    }),
  )
})

test('what is made here the server takes', async () => {
  const attempt = newAttemptId()
  const parts = await toParts(['a', 'é', '\u2028', 'x\ny'].map(named), {
    databases: 9,
    resultBytes: 1e6,
    partBytes: 100,
  })
  const assembly = createResultAssembly({ usedBytes: 0 })
  for (const [index, part] of parts.entries())
    assembly.chunk({ type: 'chunk', attempt, index, data: part.toString('utf8') })
  const outcome = JSON.stringify({
    kind: 'listing',
    count: 4,
    visibility: 'complete',
    warnings: [],
    server: { product: 'x', version: '1', role: 'unknown' },
    steps: [],
    collectedAt: 1,
  })
  const assembled = assembly.finished({
    type: 'finished',
    attempt,
    epoch: toEpoch(1),
    chunks: parts.length,
    outcome,
    digest: outcomeDigest(outcome, parts),
    signature: '',
    key: toFingerprint('0'.repeat(64)),
  })
  assert.equal(assembled.parts.length, parts.length)
})

test('too many databases, too many bytes, too long a line: Result.TooLarge with the counts', async () => {
  const three = ['a', 'b', 'c'].map(named)
  await assert.rejects(toParts(three, { databases: 2, resultBytes: 1e6, partBytes: 1e6 }), {
    code: 'Result.TooLarge',
    message: /There are 3 databases, at most 2 fit/,
  })
  await assert.rejects(toParts(three, { databases: 3, resultBytes: 100, partBytes: 1e6 }), {
    code: 'Result.TooLarge',
    message: /The first 3 of 3 databases take more than 100 bytes/,
  })
  await assert.rejects(toParts([named('x'.repeat(4000))], { databases: 3, resultBytes: 1e6, partBytes: 1000 }), {
    code: 'Result.TooLarge',
  })
})

test('a list without databases has no parts', async () => {
  assert.deepEqual(await toParts([]), [])
})
