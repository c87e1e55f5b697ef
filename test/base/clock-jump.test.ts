import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { watchClockJumps } from '../../src/base/clock-jump.ts'
import { manualClock } from '../fixtures/manual-clock.ts'

test('row 27: a jump of the wall clock is logged once and moves nothing', () => {
  const clock = manualClock()
  const lines: string[] = []
  const watch = watchClockJumps(clock, pino({ level: 'warn' }, { write: (line) => lines.push(line) }))
  const deadline = clock.now() + 120_000
  clock.advance(30_000)
  assert.deepEqual(lines, [])
  clock.jump(30_000)
  clock.advance(30_000)
  assert.deepEqual(lines, [], 'a small step is no jump')
  clock.jump(-3600_000)
  clock.advance(30_000)
  assert.equal(lines.length, 1)
  assert.match(lines[0] ?? '', /"jumpMs":-35\d\d000/)
  clock.advance(30_000)
  assert.equal(lines.length, 1)
  assert.equal(clock.now(), deadline)
  watch.cancel()
})
