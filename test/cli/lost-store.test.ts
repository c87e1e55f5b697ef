import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '../../src/base/log.ts'
import { watchLostStore } from '../../src/cli/lost-store.ts'
import { manualClock } from '../fixtures/manual-clock.ts'

test('a server that has been without its store for 25 s sends its gateways away, once', async () => {
  const clock = manualClock()
  let problem: string | undefined
  let left = 0
  await using watch = watchLostStore({ problem: () => problem, leave: () => left++, clock, log: silentLog() })
  const seconds = (count: number, why?: string) => {
    problem = why
    for (let i = 0; i < count; i++) clock.advance(1_000)
  }
  const GONE = 'The database cannot be reached.'
  seconds(100)
  seconds(22, GONE)
  assert.equal(left, 0)
  seconds(1, GONE)
  assert.equal(left, 1)
  seconds(100, GONE)
  assert.equal(left, 1, 'once')
  seconds(1)
  seconds(22, GONE)
  assert.equal(left, 1)
  seconds(1, GONE)
  assert.equal(left, 2)
  seconds(1)
  await watch[Symbol.asyncDispose]()
  seconds(100, GONE)
  assert.equal(left, 2, 'it is over')
})
