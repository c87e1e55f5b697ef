import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTurnEnd } from '../../src/base/turn-end.ts'

test('whoever asks in one turn goes on together, after what the turn had to do', async () => {
  const turnEnd = createTurnEnd()
  const order: string[] = []
  const goOn = async (name: string) => {
    await turnEnd()
    order.push(name)
  }
  const later = async () => {
    await Promise.resolve()
    order.push('more work')
    await goOn('second')
  }
  const first = goOn('first')
  queueMicrotask(() => order.push('work'))
  const second = later()
  setImmediate(() => order.push('next turn'))
  await Promise.all([first, second])
  assert.deepEqual(order, ['work', 'more work', 'first', 'second'])
})

test('the next turn has an end of its own', async () => {
  const turnEnd = createTurnEnd()
  const first = turnEnd()
  assert.equal(turnEnd(), first)
  await first
  const next = turnEnd()
  assert.notEqual(next, first)
  await next
})
