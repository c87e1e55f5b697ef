import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { silentLog } from '../../src/base/log.ts'
import { createTurns } from '../../src/base/turns.ts'
import { createHandshakes } from '../../src/link/handshakes.ts'
import { manualClock } from '../fixtures/manual-clock.ts'

test('row 28: a slow server takes fewer handshakes at a time, and as many as before when it is quick again', async () => {
  const clock = manualClock()
  const handshakes = createHandshakes({ clock, log: silentLog(), turns: createTurns })
  const held = Promise.withResolvers<void>()
  const running: Promise<void>[] = []
  while (!handshakes.full && running.length < 200) running.push(handshakes.run('10.0.0.1', () => held.promise))
  assert.equal(handshakes.full, false)
  handshakes.answered(1_500)
  assert.equal(handshakes.full, true)
  clock.advance(2_000)
  while (!handshakes.full && running.length < 9_000) running.push(handshakes.run('10.0.0.1', () => held.promise))
  assert.equal(running.length, 2_000)
  held.resolve()
  await Promise.all(running)
  assert.equal(handshakes.full, false)
})

test('a handshake that fails gives its place back, and thousands of them are one line of the log', async () => {
  const lines: object[] = []
  const log = silentLog()
  log.info = (line: object) => void lines.push(line)
  const clock = manualClock()
  const handshakes = createHandshakes({ clock, log, turns: createTurns })
  const fail = () => handshakes.run('10.0.0.1', () => Promise.reject(new Error('it left')))
  for (let i = 0; i < 1_000; i++) await fail()
  clock.advance(1_000)
  await fail()
  assert.deepEqual(lines, [
    { reason: 'it left', address: '10.0.0.1' },
    { reason: 'it left', address: '10.0.0.1', othersBefore: 999 },
  ])
  assert.equal(handshakes.full, false)
})

test('row 28: of each part of a handshake one is worked on in a round, and who waits for its turn takes a place', async () => {
  const handshakes = createHandshakes({ clock: manualClock(), log: silentLog(), turns: createTurns })
  const done: string[] = []
  const wait = (part: 'upgrade' | 'proof', name: string) => handshakes.turn(part).then(() => done.push(name))
  const waiting = [wait('upgrade', 'u1'), wait('upgrade', 'u2'), wait('upgrade', 'u3'), wait('proof', 'p1')]
  await setImmediate()
  await setImmediate()
  assert.deepEqual(
    new Set(done.slice(0, 2)),
    new Set(['u1', 'p1']),
    'what has begun does not wait behind all that begin',
  )
  await Promise.all(waiting)
  assert.deepEqual(
    done.filter((name) => name.startsWith('u')),
    ['u1', 'u2', 'u3'],
  )
  const many: Promise<void>[] = []
  while (!handshakes.full && many.length < 9_000) many.push(handshakes.turn('upgrade'))
  assert.equal(many.length, 2_000)
  await Promise.all(many)
  assert.equal(handshakes.full, false)
})
