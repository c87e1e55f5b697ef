import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '../../src/base/log.ts'
import { createHandshakes } from '../../src/link/handshakes.ts'
import { manualClock } from '../fixtures/manual-clock.ts'

/** Begins handshakes from so many addresses until no more are taken; each waits for the test. */
function fill(addresses: number) {
  const handshakes = createHandshakes({ clock: manualClock(), log: silentLog() })
  const held = Promise.withResolvers<void>()
  const running: Promise<void>[] = []
  const beginAll = () => {
    for (let i = 0; i < addresses; i++) {
      const address = `10.0.0.${i}`
      while (!handshakes.isFull(address)) {
        running.push(handshakes.run(address, () => held.promise))
        if (running.length > 10_000) throw new Error('there is no limit')
      }
    }
    return running.length
  }
  const end = async () => {
    held.resolve()
    await Promise.all(running)
  }
  return { handshakes, beginAll, end }
}

test('row 28: few handshakes run at a time at first, more while they are quick, and few again when they are slow', async () => {
  const { handshakes, beginAll, end } = fill(3)
  assert.equal(beginAll(), 1_600)
  for (let i = 0; i < 100; i++) handshakes.took(5)
  assert.equal(beginAll(), 1_700)
  for (let i = 0; i < 5_000; i++) handshakes.took(5)
  assert.equal(beginAll(), 4_000)
  for (let i = 0; i < 5_000; i++) handshakes.took(4_000)
  assert.equal(beginAll(), 4_000, 'none of them is ended')
  await end()
  const slow = fill(3)
  for (let i = 0; i < 100; i++) slow.handshakes.took(5)
  for (let i = 0; i < 50; i++) slow.handshakes.took(4_000)
  assert.equal(slow.beginAll(), 1_650)
  for (let i = 0; i < 500; i++) slow.handshakes.took(4_000)
  await slow.end()
  assert.equal(slow.handshakes.isFull('10.0.0.1'), false)
})

test('one address takes at most half of the handshakes', async () => {
  const { beginAll, end, handshakes } = fill(1)
  assert.equal(beginAll(), 800)
  assert.equal(handshakes.isFull('10.0.0.2'), false)
  await end()
})

test('a handshake that fails gives its place back, and thousands of them are one line of the log', async () => {
  const lines: object[] = []
  const log = silentLog()
  log.info = (line: object) => void lines.push(line)
  const clock = manualClock()
  const handshakes = createHandshakes({ clock, log })
  const fail = () => handshakes.run('10.0.0.1', () => Promise.reject(new Error('it left')))
  for (let i = 0; i < 1_000; i++) await fail()
  clock.advance(1_000)
  await fail()
  assert.deepEqual(lines, [
    { reason: 'it left', address: '10.0.0.1' },
    { reason: 'it left', address: '10.0.0.1', othersBefore: 999 },
  ])
  assert.equal(handshakes.isFull('10.0.0.1'), false)
})
