import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as check, asyncProperty, integer } from 'fast-check'
import { sortInSlices } from '../../src/base/sort-in-slices.ts'

interface Entry {
  readonly key: number
  readonly place: number
}
const byKey = (a: Entry, b: Entry) => a.key - b.key

test('the same as a sort at once, equal entries in their order, around the bounds of the slices', async () => {
  const lengths = [0, 1, 1999, 2000, 2001, 4000, 4001, 9_999]
  const keys = array(integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 60 })
  await check(
    asyncProperty(keys, async (some) => {
      for (const length of lengths) {
        const list = Array.from({ length }, (_, place) => ({ key: some[(place * 7) % some.length] ?? 0, place }))
        assert.deepEqual(await sortInSlices(list, byKey), list.toSorted(byKey))
      }
    }),
    { numRuns: 10 },
  )
})

test('others get their turn', async () => {
  const list = Array.from({ length: 20_000 }, (_, place) => ({ key: (place * 7919) % 20_000, place }))
  let rounds = 0
  let sorting = true
  const count = () => {
    rounds++
    if (sorting) setImmediate(count)
  }
  setImmediate(count)
  await sortInSlices(list, byKey)
  sorting = false
  assert.ok(rounds > 20, `${rounds} rounds`)
})
