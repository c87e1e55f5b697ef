import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextPartition } from '../../src/store/postgres/partitions.ts'

const SMALLEST = 1_000_000
const AHEAD = 2 * SMALLEST

/** What is there when so many tasks came one after the other, of which the last `kept` are kept. */
function partitionsAfter(tasks: number, kept: number) {
  let made: { readonly first: number; readonly next: number }[] = []
  let mostOnDisk = 0
  for (let newest = 1; newest <= tasks; newest += SMALLEST / 4) {
    for (let after = made.at(-1)?.next ?? 1; after <= newest + AHEAD; after = made.at(-1)?.next ?? Number.NaN) {
      made.push(nextPartition({ from: made[0]?.first ?? 1, after }, SMALLEST))
    }
    made = made.filter(({ next }) => next > newest - kept)
    mostOnDisk = Math.max(mostOnDisk, newest - (made[0]?.first ?? 0))
  }
  return { made, mostOnDisk }
}

const sizes = (made: readonly { readonly first: number; readonly next: number }[]) =>
  made.map(({ first, next }) => (next - first) / SMALLEST)

test('row 21: partitions follow each other, and are larger where there are many tasks', () => {
  assert.deepEqual(sizes(partitionsAfter(1, 1).made), [1, 1, 1])
  const { made } = partitionsAfter(10_000_000, Number.POSITIVE_INFINITY)
  assert.deepEqual(sizes(made), [1, 1, 1, 1, 2, 2, 3, 4])
  for (const [place, { next }] of made.entries()) assert.equal(made[place + 1]?.first ?? next, next)
  assert.ok(partitionsAfter(1_000_000_000, Number.POSITIVE_INFINITY).made.length < 25)
})

for (const millions of [1, 9, 40, 100]) {
  test(`row 21: of ${millions} million tasks that must be kept, at most half as many again are`, () => {
    const kept = millions * SMALLEST
    const { made, mostOnDisk } = partitionsAfter(kept * 20, kept)
    assert.ok(made.length <= 9, `${made.length} partitions`)
    assert.ok(mostOnDisk <= kept * 1.5 + 3 * SMALLEST, `${mostOnDisk} on disk`)
  })
}
