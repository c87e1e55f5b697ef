import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { array, assert as holds, asyncProperty, constantFrom, integer, nat, record } from 'fast-check'
import { createSharedThrottle } from '../../src/access/shared-throttle.ts'
import type { Throttle, ThrottleRates } from '../../src/access/throttle.ts'
import { createTokenLeases } from '../../src/access/token-leases.ts'
import { silentLog } from '../../src/base/log.ts'
import { PosternError } from '../../src/model/errors.ts'
import { toAccessKeyId, toAccountId } from '../../src/model/ids.ts'
import type { SharedBuckets } from '../../src/store/shared-buckets.ts'
import { collectingLog } from '../api/collecting-log.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { modelBuckets } from '../store/model-buckets.ts'

const UNLIMITED: ThrottleRates = { perKey: undefined, perAccount: undefined }
const caller = (key: string, account = '1') => ({ key: toAccessKeyId(key), account: toAccountId(account) })

/** Milliseconds after which to try again, or 0 where it was let through. */
async function retryAfter(throttle: Throttle, key = 'a'): Promise<number> {
  try {
    await throttle(caller(key))
    return 0
  } catch (error) {
    assert.ok(error instanceof PosternError)
    assert.equal(error.entry, 'Throttling.User')
    return error.retryAfterMs ?? Number.NaN
  }
}

const atOnce = (throttle: Throttle, calls: number, key?: string) =>
  Promise.all(Array.from({ length: calls }, () => retryAfter(throttle, key)))
const passedOf = (answers: readonly number[]) => answers.filter((ms) => ms === 0).length

function nodesOf(count: number, rates: () => ThrottleRates) {
  const clock = manualClock()
  const buckets = modelBuckets(clock)
  const node = () => createSharedThrottle({ buckets, rates, clock, log: silentLog() })
  return { clock, buckets, nodes: Array.from({ length: count }, node) }
}

/** One node on buckets that the test makes. */
function oneNode(buckets: SharedBuckets, perKey: ThrottleRates['perKey'], log = silentLog()) {
  const clock = manualClock()
  return { clock, node: createSharedThrottle({ buckets, rates: () => ({ ...UNLIMITED, perKey }), clock, log }) }
}

const someRate = record({ perSecond: integer({ min: 1, max: 300 }), burst: integer({ min: 1, max: 60 }) })
const someStep = record({
  pauseMs: nat(1_500),
  node: nat(3),
  calls: integer({ min: 1, max: 20 }),
  key: constantFrom('a', 'b'),
})

test('row 36: nodes together never let through more than the burst and what came back since, of a key and of an account', async () => {
  const rates = record({ perKey: someRate, perAccount: someRate })
  await holds(
    asyncProperty(rates, array(someStep, { minLength: 1, maxLength: 25 }), async (limits, steps) => {
      const { clock, nodes } = nodesOf(4, () => limits)
      const began = clock.now()
      const passed: { readonly at: number; readonly key: string; readonly calls: number }[] = []
      for (const { pauseMs, node, calls, key } of steps) {
        clock.advance(pauseMs)
        // At the same moment on the next node too.
        const answers = await Promise.all(
          [node, (node + 1) % 4].flatMap((at) => nodes.slice(at, at + 1)).map((one) => atOnce(one, calls, key)),
        )
        passed.push({ at: clock.now(), key, calls: passedOf(answers.flat()) })
        for (const only of ['a', 'b', undefined]) {
          const { perSecond, burst } = only === undefined ? limits.perAccount : limits.perKey
          const counted = passed.filter((each) => only === undefined || each.key === only)
          const within = (ms: number) => burst + (ms * perSecond) / 1000 + 1e-3
          for (const [from, first] of counted.entries()) {
            const sum = counted.slice(from).reduce((total, each) => total + each.calls, 0)
            assert.ok(sum <= within(clock.now() - began), 'since the bucket was full')
            assert.ok(sum <= within(clock.now() - first.at + 1_000), 'in any span, as if it were a second longer')
          }
        }
      }
      assert.equal(clock.pending, 0, 'nothing waits any more')
    }),
    { numRuns: 60 },
  )
})

test('row 36: on one of several nodes who waits as told is let through, and the whole rate can be used', async () => {
  await holds(
    asyncProperty(someRate, array(nat(300), { minLength: 5, maxLength: 20 }), async (perKey, pauses) => {
      const { clock, nodes } = nodesOf(1, () => ({ ...UNLIMITED, perKey }))
      const [node] = nodes
      assert.ok(node !== undefined)
      const began = clock.now()
      const back = (ms: number) => (ms * perKey.perSecond) / 1000
      let passed = 0
      let waitMs = 0
      // In a bucket that is full nothing comes back; it is so at first.
      let lost = perKey.burst
      for (const pauseMs of pauses) {
        lost += Math.max(0, back(pauseMs + waitMs) - perKey.burst + 1)
        clock.advance(pauseMs)
        waitMs = 0
        while (waitMs === 0) {
          waitMs = await retryAfter(node)
          if (waitMs === 0) passed++
        }
        clock.advance(waitMs)
        assert.equal(await retryAfter(node), 0)
        passed++
      }
      const most = perKey.burst + back(clock.now() - began)
      // What came back in the last wait is not used.
      assert.ok(passed >= most - lost - back(20) - 2, `${passed} of ${most}`)
    }),
  )
})

test('row 36: a busy caller costs the store a question for a tenth of a second, an idle one loses nothing', async () => {
  const { clock, buckets, nodes } = nodesOf(20, () => ({ ...UNLIMITED, perKey: { perSecond: 100, burst: 100 } }))
  const [busy] = nodes
  assert.ok(busy !== undefined)
  for (let i = 0; i < 500; i++) {
    assert.equal(await retryAfter(busy), 0)
    clock.advance(10)
  }
  assert.ok(buckets.leases.length <= 60, String(buckets.leases.length))

  // 80 calls a second, each on the next of twenty nodes: whatever a node leased and did not use would be missing.
  clock.advance(5_000)
  for (let i = 0; i < 1_600; i++) {
    const node = nodes[i % nodes.length]
    assert.ok(node !== undefined)
    assert.equal(await retryAfter(node), 0, `call ${i}`)
    clock.advance(12.5)
  }
})

test('row 36: calls of the same moment share a question, and a refused one costs none', async () => {
  const { clock, buckets, nodes } = nodesOf(1, () => ({
    perKey: { perSecond: 10, burst: 50 },
    perAccount: { perSecond: 10, burst: 80 },
  }))
  const [node] = nodes
  assert.ok(node !== undefined)
  const first = await atOnce(node, 60)
  assert.equal(passedOf(first), 50)
  assert.ok(buckets.leases.length <= 6, String(buckets.leases.length))
  const asked = buckets.leases.length
  assert.deepEqual(
    await atOnce(node, 100),
    Array.from({ length: 100 }, () => 100),
  )
  assert.equal(buckets.leases.length, asked)
  clock.advance(100)
  assert.equal(await retryAfter(node), 0)
})

test('row 36: what is leased for nobody is void after a second', async () => {
  const { clock, buckets, nodes } = nodesOf(1, () => ({ ...UNLIMITED, perKey: { perSecond: 50, burst: 50 } }))
  const [node] = nodes
  assert.ok(node !== undefined)
  // They ask for two and for four; three of those are left.
  for (let i = 0; i < 4; i++) assert.equal(await retryAfter(node), 0)
  assert.deepEqual(
    buckets.leases.map(({ tokens }) => tokens),
    [1, 2, 4],
  )
  clock.advance(999)
  assert.equal(await retryAfter(node), 0)
  assert.equal(buckets.leases.length, 3)
  clock.advance(1)
  assert.equal(await retryAfter(node), 0)
  assert.deepEqual(
    buckets.leases.map(({ want }) => want),
    [1, 2, 4, 1],
  )
})

test('row 36: changed limits count at once, and without limits nothing is asked', async () => {
  let rates: ThrottleRates = UNLIMITED
  const { clock, buckets, nodes } = nodesOf(1, () => rates)
  const [node] = nodes
  assert.ok(node !== undefined)
  assert.equal(node(caller('a')), undefined)
  assert.equal(buckets.leases.length, 0)
  rates = { ...UNLIMITED, perKey: { perSecond: 100, burst: 20 } }
  assert.equal(passedOf(await atOnce(node, 10)), 10)
  rates = { ...UNLIMITED, perKey: { perSecond: 1, burst: 2 } }
  assert.deepEqual(await atOnce(node, 3), [0, 0, 1000])
  rates = { ...UNLIMITED, perKey: { perSecond: 1000, burst: 2 } }
  clock.advance(1)
  assert.deepEqual(await atOnce(node, 2), [0, 1])
  rates = UNLIMITED
  assert.equal(node(caller('a')), undefined)
})

test('row 36: while the store is away a node counts by itself, asks once a second and says so once', async () => {
  const perKey = { perSecond: 1, burst: 3 }
  let asked = 0
  let away = true
  const log = collectingLog()
  const gone: SharedBuckets = {
    lease: () => {
      asked++
      return away ? Promise.reject(new Error('gone')) : Promise.resolve({ tokens: 1, waitMs: 1 })
    },
  }
  const { clock, node } = oneNode(gone, perKey, log.log)
  assert.deepEqual(await atOnce(node, 5), [0, 0, 0, 1000, 1000])
  assert.equal(asked, 1)
  clock.advance(1_000)
  assert.deepEqual([await retryAfter(node), await retryAfter(node)], [0, 1000])
  assert.equal(asked, 2)
  assert.equal(log.lines().filter((line) => line.includes('this node alone')).length, 1)
  away = false
  clock.advance(1_000)
  assert.deepEqual([await retryAfter(node), await retryAfter(node)], [0, 1])
})

test('row 36: a store that does not answer keeps no call for longer than five seconds', async () => {
  const answers: (() => void)[] = []
  const slow: SharedBuckets = {
    lease: ({ want }) => new Promise((resolve) => answers.push(() => resolve({ tokens: want, waitMs: 0 }))),
  }
  const { clock, node } = oneNode(slow, { perSecond: 1, burst: 3 })
  const calls = atOnce(node, 2)
  clock.advance(4_999)
  await setImmediate()
  assert.equal(clock.pending, 1)
  clock.advance(1)
  assert.deepEqual(await calls, [0, 0])
  clock.advance(500)
  for (const answer of answers.splice(0)) answer()
  await setImmediate()
  clock.advance(500)
  assert.equal(await retryAfter(node), 0, 'what comes late is there for others')
  assert.equal(answers.length, 0)
  assert.equal(clock.pending, 0)
})

test('leases are bounded, and those that nobody uses are forgotten', async () => {
  const clock = manualClock()
  const leases = createTokenLeases({ buckets: modelBuckets(clock), clock, max: 100 })
  const rate = { perSecond: 100, burst: 10 }
  for (let i = 0; i < 1_000; i++) {
    await leases.of(`caller ${i}`, rate).renew()
    assert.ok(leases.size <= 100)
  }
  clock.advance(2_000)
  for (let i = 0; i < 200; i++) leases.of(`other ${i}`, rate)
  assert.ok(leases.size <= 100)
})
