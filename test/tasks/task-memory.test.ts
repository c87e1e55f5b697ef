import assert from 'node:assert/strict'
import { test } from 'node:test'
import { heapBytes, partOfLong } from '../fixtures/heap-bytes.ts'
import { taskWorld } from './task-world.ts'

test('what is remembered of a task that has begun keeps no request in memory that it was cut from', async () => {
  await using world = await taskWorld()
  const [tasks, requestBytes] = [500, 64 * 1024]
  await world.create()
  const before = heapBytes()
  await Promise.all(Array.from({ length: tasks }, (_, i) => world.create(partOfLong(requestBytes, i))))
  assert.ok(heapBytes() - before < (tasks * requestBytes) / 4)
})
