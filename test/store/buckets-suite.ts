import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as holds, asyncProperty, constantFrom, integer, nat, record } from 'fast-check'
import { modelBuckets } from './model-buckets.ts'
import { type OpenStore, storeWorld, type World } from './store-world.ts'

const RATE = { perSecond: 10, burst: 20 }
const KEPT = { taskMs: 86_400_000 }

export function bucketsOf({ store }: Pick<World, 'store'>) {
  assert.ok(store.buckets !== undefined, 'servers share the store')
  return store.buckets
}

/** Of a store that servers share. */
export function bucketsSuite(open: OpenStore): void {
  test('row 36: a bucket gives what is in it and says how long it is empty, as the model does', async () => {
    await using world = await storeWorld(open)
    const wish = record({
      name: constantFrom('a', 'b'),
      perSecond: constantFrom(0.3, 7, 100),
      burst: integer({ min: 5, max: 20 }),
      want: integer({ min: 1, max: 5 }),
    })
    const steps = array(record({ pauseMs: nat(1_000), wish }), { minLength: 10, maxLength: 20 })
    let run = 0
    await holds(
      asyncProperty(steps, async (all) => {
        const model = modelBuckets(world.clock)
        run++
        for (const { pauseMs, wish: made } of all) {
          world.clock.advance(pauseMs)
          const named = { ...made, name: `${made.name} ${run}` }
          assert.deepEqual(await bucketsOf(world).lease(named), await model.lease(named))
        }
      }),
      { numRuns: 8 },
    )
  })

  test('row 36: wishes of the same moment are met in turn, also those for one bucket', async () => {
    await using world = await storeWorld(open)
    const lease = (i: number) => bucketsOf(world).lease({ name: `k${i % 3}`, ...RATE, want: 3 })
    const all = await Promise.all(Array.from({ length: 30 }, (_, i) => lease(i)))
    for (const bucket of [0, 1, 2]) {
      const given = all.filter((_, i) => i % 3 === bucket).map(({ tokens }) => tokens)
      assert.deepEqual(given, [3, 3, 3, 3, 3, 3, 2, 0, 0, 0])
    }
    assert.deepEqual(all.at(-1), { tokens: 0, waitMs: 100 })
  })

  test('row 36: buckets that are full again are purged, others are not', async () => {
    await using world = await storeWorld(open)
    const lease = (name: string, want: number) => bucketsOf(world).lease({ name, ...RATE, want })
    await lease('soon', 5)
    await lease('later', 20)
    const purge = () => world.store.purge(world.clock.now(), KEPT, 100)
    assert.equal(await purge(), 0)
    world.clock.advance(500)
    assert.equal(await purge(), 1)
    assert.deepEqual(await lease('later', 20), { tokens: 5, waitMs: 100 })
    assert.deepEqual(await lease('soon', 20), { tokens: 20, waitMs: 100 })
  })

  test('row 36: a clock that is set back fills no bucket, and stops none for long', async () => {
    await using world = await storeWorld(open)
    const lease = () => bucketsOf(world).lease({ name: 'a', ...RATE, want: 20 })
    assert.equal((await lease()).tokens, 20)
    world.clock.advance(-10_000)
    assert.equal((await lease()).tokens, 0, 'as a node whose transaction began earlier')
    world.clock.advance(10_000)
    assert.equal((await lease()).tokens, 0, 'that time was counted already')
    world.clock.advance(-3_600_000)
    assert.equal((await lease()).tokens, 0)
    world.clock.advance(1_000)
    assert.equal((await lease()).tokens, 10)
  })
}
