import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPendingAccepts } from '../../src/tasks/pending-accepts.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { newAttemptId, toEpoch } from '../../src/model/ids.ts'
import { gatewayId } from '../link/link-host.ts'

const claimOf = () => ({ gateway: gatewayId(), epoch: toEpoch(1), attempt: newAttemptId() })

test('row 24: that an attempt was accepted is stored at once where its task would soon end without, and a little later elsewhere', () => {
  const clock = manualClock()
  const accepts = createPendingAccepts(clock)
  const stored: string[] = []
  for (const [name, left] of [
    ['soon', 20_000],
    ['later', 20_001],
    ['unknown', undefined],
  ] as const) {
    accepts.add(claimOf(), left && clock.now() + left, () => stored.push(name))
  }
  const ended = claimOf()
  accepts.add(ended, clock.now() + 60_000, () => stored.push('ended'))
  clock.advance(5)
  assert.deepEqual(stored, ['soon', 'unknown'])
  accepts.drop(ended)
  clock.advance(95)
  assert.deepEqual(stored, ['soon', 'unknown', 'later'])
  accepts.add(claimOf(), undefined, () => stored.push('cleared'))
  accepts.clear()
  clock.advance(1_000)
  assert.equal(stored.length, 3)
})
