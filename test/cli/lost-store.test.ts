import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '../../src/base/log.ts'
import { watchLostStore } from '../../src/cli/lost-store.ts'
import { manualClock } from '../fixtures/manual-clock.ts'

test('a server that gets no answer of its store is not ready after 10 s, and sends its gateways away once after 25 s', async () => {
  const clock = manualClock()
  let answers = 0
  let left = 0
  await using lost = watchLostStore({ answers: () => answers, leave: () => left++, clock, log: silentLog() })
  const seconds = (count: number, answered: boolean) => {
    for (let i = 0; i < count; i++) {
      if (answered) answers++
      clock.advance(1_000)
    }
  }
  seconds(100, true)
  seconds(9, false)
  assert.equal(lost.problem, undefined)
  seconds(1, false)
  assert.equal(lost.problem, 'The store does not answer.')
  seconds(14, false)
  assert.equal(left, 0)
  seconds(1, false)
  assert.equal(left, 1)
  seconds(100, false)
  assert.equal(left, 1, 'once')
  seconds(1, true)
  assert.equal(lost.problem, undefined)
  seconds(30, false)
  assert.equal(left, 2)
})
