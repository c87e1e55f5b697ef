import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as check, integer, property } from 'fast-check'
import { backoff } from '../../src/base/backoff.ts'

const limits = { baseMs: 500, capMs: 30_000 }

test('a wait is anywhere below its ceiling, which doubles up to the cap and keeps its jitter there', () => {
  check(
    property(integer({ min: 0, max: 1000 }), (attempt) => {
      const ceiling = Math.min(limits.capMs, limits.baseMs * 2 ** attempt)
      assert.equal(
        backoff(attempt, limits, () => 0),
        0,
      )
      const most = backoff(attempt, limits, () => 1 - Number.EPSILON)
      assert.ok(most < ceiling && most >= ceiling - 1)
    }),
  )
})
