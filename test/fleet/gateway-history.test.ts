import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { createGatewayHistory, HISTORY_MINUTES } from '../../src/fleet/gateway-history.ts'
import { type GatewayId, PUBLIC_ID_MIN, toGatewayId } from '../../src/model/ids.ts'
import { manualClock } from '../fixtures/manual-clock.ts'

const MINUTE_MS = 60_000

function gatewayOf(number: number): GatewayId {
  const id = toGatewayId(PUBLIC_ID_MIN + number)
  assert.ok(id !== undefined)
  return id
}

// The first one: what another left would go meanwhile, and count.
test('ten thousand gateways take less than 10 MB, those that went are forgotten, and a place is given on clean', () => {
  const clock = manualClock()
  const history = createGatewayHistory(clock)
  const before = process.memoryUsage()
  for (let minute = 0; minute < 2; minute++) {
    for (let number = 0; number < 10_000; number++)
      history.seen(gatewayOf(number), { rttMs: 5, driftMs: 1, running: 2 })
    clock.advance(MINUTE_MS)
  }
  const used = process.memoryUsage().arrayBuffers - before.arrayBuffers
  assert.ok(used > 0 && used < 8.5e6, `${used} bytes of numbers, and beside them a small object each`)
  clock.advance((HISTORY_MINUTES + 1) * MINUTE_MS)
  for (let number = 10_000; number < 20_000; number++) history.seen(gatewayOf(number), { running: 0 })
  assert.equal(history.of(gatewayOf(5)).since, undefined)
  const { minutes } = history.of(gatewayOf(10_005))
  assert.ok(minutes.slice(0, -1).every(({ onlineMs, rttMs }) => onlineMs === 0 && rttMs === undefined))
  const more = process.memoryUsage().arrayBuffers - before.arrayBuffers - used
  assert.ok(more < used / 10, `${more} bytes more where the places of those that went should do`)
})

test('the history of a gateway is what somebody who notes every millisecond would say', () => {
  const step = fc.record({
    ms: fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 90 * MINUTE_MS })),
    what: fc.constantFrom('seen' as const, 'seen' as const, 'seen' as const, 'gone' as const),
    rttMs: fc.integer({ min: 1, max: 500 }),
    driftMs: fc.integer({ min: -5_000, max: 5_000 }),
    running: fc.integer({ min: 0, max: 40 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 50_000 }), (steps, rest) => {
      const clock = manualClock()
      const history = createGatewayHistory(clock)
      const gateway = gatewayOf(1)
      /** Stretches of time in which it was online, and its pings. */
      const online: [number, number][] = []
      const pings: { at: number; rttMs: number; driftMs: number; running: number }[] = []
      let last: number | undefined
      const close = () => {
        if (last !== undefined) online.push([last, Math.min(clock.now(), last + 45_000)])
      }
      for (const { ms, what, ...ping } of steps) {
        clock.advance(ms)
        close()
        if (what === 'seen') {
          history.seen(gateway, ping)
          pings.push({ at: clock.now(), ...ping })
        } else history.gone(gateway)
        last = what === 'seen' ? clock.now() : undefined
      }
      clock.advance(rest)
      close()
      const { since, minutes } = history.of(gateway)
      assert.equal(minutes.length, HISTORY_MINUTES)
      assert.equal(since === undefined, pings.length === 0)
      const newest = Math.floor(clock.now() / MINUTE_MS)
      for (const [index, { start, onlineMs, ...found }] of minutes.entries()) {
        assert.equal(start, (newest - HISTORY_MINUTES + 1 + index) * MINUTE_MS)
        const end = start + MINUTE_MS
        const share = online.reduce(
          (sum, [from, to]) => sum + Math.max(0, Math.min(to, end) - Math.max(from, start)),
          0,
        )
        assert.equal(onlineMs, share)
        const own = pings.filter(({ at }) => at >= start && at < end)
        if (own.length === 0) {
          assert.deepEqual(found, {})
          continue
        }
        const mean = own.reduce((sum, { rttMs }) => sum + rttMs, 0) / own.length
        assert.ok(own.length > 200 || Math.abs((found.rttMs ?? 0) - mean) < 0.01, `${found.rttMs} is not ${mean}`)
        assert.equal(found.driftMs, own.at(-1)?.driftMs)
        assert.equal(found.running, Math.max(...own.map(({ running }) => running)))
      }
    }),
    { numRuns: 300 },
  )
})

test('a connection before its first ping counts as online, and not as a ping of no time', () => {
  const clock = manualClock()
  const history = createGatewayHistory(clock)
  history.seen(gatewayOf(1), { running: 0 })
  assert.equal(history.of(gatewayOf(1)).minutes.at(-1)?.rttMs, undefined)
  history.seen(gatewayOf(1), { rttMs: 40, driftMs: 5, running: 1 })
  const last = history.of(gatewayOf(1)).minutes.at(-1)
  assert.deepEqual([last?.rttMs, last?.driftMs, last?.running], [40, 5, 1])
})
