import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as holds, integer, nat, property, record } from 'fast-check'
import { createThrottle } from '../../src/access/throttle.ts'
import { createTokenBuckets } from '../../src/access/token-buckets.ts'
import { createWrongSignatures } from '../../src/access/wrong-signatures.ts'
import { PosternError } from '../../src/model/errors.ts'
import { addressGroup } from '../../src/model/host.ts'
import { toAccessKeyId, toAccountId } from '../../src/model/ids.ts'
import { manualClock } from '../fixtures/manual-clock.ts'

/** Milliseconds after which to try again, or 0 where it was let through. */
function retryAfter(act: () => void): number {
  try {
    act()
    return 0
  } catch (error) {
    assert.ok(error instanceof PosternError)
    assert.equal(error.status, 429)
    return error.retryAfterMs ?? Number.NaN
  }
}

test('row 36: never more than the burst and what came back since, and who waits as told is let through', () => {
  const step = record({ pauseMs: nat(3_000), tries: integer({ min: 1, max: 30 }) })
  const rates = record({ perSecond: integer({ min: 1, max: 50 }), burst: integer({ min: 1, max: 20 }) })
  holds(
    property(rates, array(step, { maxLength: 20 }), (rate, steps) => {
      const clock = manualClock()
      const began = clock.now()
      const throttle = createThrottle({ clock, rates: () => ({ perKey: rate, perAccount: undefined }) })
      const call = () => retryAfter(() => throttle({ key: toAccessKeyId('k'), account: toAccountId('1') }))
      let passed = 0
      for (const { pauseMs, tries } of steps) {
        clock.advance(pauseMs)
        let wait = 0
        for (let i = 0; i < tries; i++) {
          wait = call()
          if (wait === 0) passed++
        }
        if (wait > 0) {
          clock.advance(wait)
          assert.equal(call(), 0)
          passed++
        }
        assert.ok(passed <= rate.burst + ((clock.now() - began) * rate.perSecond) / 1000 + 1e-6)
      }
    }),
  )
})

test('row 36: the account is one limit for all its keys, the wall clock is none, and a refused call costs nothing', () => {
  const clock = manualClock()
  let rates = { perKey: { perSecond: 1, burst: 3 }, perAccount: { perSecond: 1, burst: 4 } }
  const throttle = createThrottle({ clock, rates: () => rates })
  const call = (key: string, account = '1') =>
    retryAfter(() => throttle({ key: toAccessKeyId(key), account: toAccountId(account) }))
  assert.deepEqual([call('a'), call('a'), call('a'), call('a')], [0, 0, 0, 1000])
  assert.deepEqual([call('b'), call('b'), call('b')], [0, 1000, 1000])
  assert.equal(call('c', '2'), 0)
  clock.jump(3600_000)
  assert.equal(call('b'), 1000)
  clock.advance(1000)
  assert.deepEqual([call('b'), call('a')], [0, 1000])
  rates = { perKey: { perSecond: 1000, burst: 3 }, perAccount: { perSecond: 1000, burst: 4 } }
  clock.advance(1)
  assert.equal(call('a'), 0)
})

test('buckets are bounded, and full ones are forgotten', () => {
  const clock = manualClock()
  const buckets = createTokenBuckets({ clock, max: 100 })
  const rate = { perSecond: 1, burst: 10 }
  for (let i = 0; i < 10_000; i++) {
    buckets.take(`caller ${i}`, rate)
    assert.ok(buckets.size <= 100)
  }
  clock.advance(2_000)
  for (let i = 0; i < 200; i++) buckets.take('one', rate)
  assert.equal(buckets.size, 1)
})

test('a key that fails from an address waits there, and nobody else does', () => {
  const clock = manualClock()
  const limit = createWrongSignatures({ clock, perMinute: () => 30 })
  const check = (address: string, accessKeyId: string) => retryAfter(() => limit.check({ address, accessKeyId }))
  const broken = { address: '192.0.2.1', accessKeyId: 'broken' }
  for (let i = 0; i < 30; i++) {
    assert.equal(check('192.0.2.1', 'broken'), 0)
    limit.failed(broken)
  }
  assert.equal(check('192.0.2.1', 'broken'), 2_000)
  assert.deepEqual([check('192.0.2.1', 'other'), check('192.0.2.2', 'broken')], [0, 0])
  clock.advance(2_000)
  assert.equal(check('192.0.2.1', 'broken'), 0)
  limit.succeeded(broken)
  for (let i = 0; i < 30; i++) limit.failed(broken)
  assert.equal(check('192.0.2.1', 'broken'), 2_000)

  // One machine has a whole /64.
  for (let i = 0; i < 30; i++) limit.failed({ address: `2001:db8::${i}`, accessKeyId: 'broken' })
  assert.equal(check('2001:db8::ffff', 'broken'), 2_000)
  assert.equal(check('2001:db8:0:1::1', 'broken'), 0)
})

for (const [address, group] of [
  ['192.0.2.1', '192.0.2.1'],
  ['::1', '0:0:0:0::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['1::4:5:6:7:8', '1:0:0:4::/64'],
  ['1:2:3:4:5:6::', '1:2:3:4::/64'],
] as const) {
  test(`${address} counts as ${group}`, () => assert.equal(addressGroup(address), group))
}
