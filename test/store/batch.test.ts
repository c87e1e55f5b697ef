import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BatchOptions, createBatcher, type Settled } from '../../src/base/batch.ts'
import { manualClock } from '../fixtures/manual-clock.ts'

/** Batches that end when the test says so. */
function held(options: Partial<BatchOptions<number, string>> = {}) {
  const batches: { items: readonly number[]; end: PromiseWithResolvers<readonly Settled<string>[]> }[] = []
  const batcher = createBatcher<number, string>({
    maxItems: 100,
    maxWeight: 1_000,
    maxPending: 1_000,
    ...options,
    weigh: (item) => item,
    full: () => new Error('full'),
    run(items) {
      const end = Promise.withResolvers<readonly Settled<string>[]>()
      batches.push({ items, end })
      return end.promise
    },
  })
  const end = (index: number) => {
    const batch = batches[index]
    assert.ok(batch !== undefined)
    batch.end.resolve(batch.items.map((item) => ({ ok: true, value: `done ${item}` })))
  }
  return { batcher, batches, end, items: () => batches.map((batch) => batch.items) }
}
const turn = () => new Promise((resolve) => setImmediate(resolve))

test('what comes in one turn is one batch; what comes while it is on its way is the next', async () => {
  const { batcher, items, end } = held()
  const first = [batcher.add(1), batcher.add(2)]
  await turn()
  const second = [batcher.add(3), batcher.add(4)]
  await turn()
  assert.deepEqual(items(), [[1, 2]], 'one batch at a time')
  assert.equal(batcher.pending, 4)
  end(0)
  assert.deepEqual(await Promise.all(first), ['done 1', 'done 2'])
  await turn()
  assert.deepEqual(items(), [
    [1, 2],
    [3, 4],
  ])
  end(1)
  assert.deepEqual(await Promise.all(second), ['done 3', 'done 4'])
  await batcher.idle()
  assert.equal(batcher.pending, 0)
})

test('a batch has at most so many items and so much weight; what is too heavy goes alone', async () => {
  const { batcher, batches, items, end } = held({ maxItems: 3, maxWeight: 10 })
  const all = [1, 1, 1, 1, 8, 50, 9, 2].map((item) => batcher.add(item))
  for (let i = 0; i < 6; i++) {
    await turn()
    if (i < batches.length) end(i)
  }
  await Promise.all(all)
  assert.deepEqual(items(), [[1, 1, 1], [1, 8], [50], [9], [2]])
})

test('what waits too long for its batch is refused and never run; what is on its way ends as it ends', async () => {
  const clock = manualClock()
  const { batcher, items, end } = held({
    patience: { clock, maxWaitMs: 5_000, late: () => new Error('late') },
  })
  const first = batcher.add(1)
  await turn()
  const second = assert.rejects(batcher.add(2), /late/)
  clock.advance(4_000)
  const third = batcher.add(3)
  clock.advance(1_000)
  await second
  assert.equal(batcher.pending, 2)
  end(0)
  assert.equal(await first, 'done 1')
  await turn()
  end(1)
  assert.equal(await third, 'done 3')
  assert.deepEqual(items(), [[1], [3]])
  await batcher.idle()
  clock.advance(60_000)
  assert.equal(clock.pending, 0, 'nothing is watched where nothing waits')
})

test('more than may wait is refused at once, and there is room again afterwards', { timeout: 10_000 }, async () => {
  const { batcher, end } = held({ maxPending: 2 })
  const taken = [batcher.add(1), batcher.add(2)]
  await assert.rejects(batcher.add(3), /full/)
  await turn()
  await assert.rejects(batcher.add(4), /full/, 'what is on its way counts too')
  end(0)
  await Promise.all(taken)
  const again = batcher.add(5)
  await turn()
  end(1)
  assert.equal(await again, 'done 5')
})

test('an item that fails fails alone; a batch that fails fails whole, and the next one goes on', async () => {
  const { batcher, batches, end } = held()
  const first = Promise.allSettled([batcher.add(1), batcher.add(2), batcher.add(3)])
  await turn()
  batches[0]?.end.resolve([
    { ok: true, value: 'one' },
    { ok: false, error: new Error('two') },
  ])
  assert.deepEqual(
    (await first).map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason))),
    ['one', 'Error: two', 'Error: the batch ended without an answer for this item'],
  )
  const second = Promise.allSettled([batcher.add(4), batcher.add(5)])
  await turn()
  batches[1]?.end.reject(new Error('the disk is full'))
  assert.deepEqual(
    (await second).map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  const third = batcher.add(6)
  await turn()
  end(2)
  assert.equal(await third, 'done 6')
})
