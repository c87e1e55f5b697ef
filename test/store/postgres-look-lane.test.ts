import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { lookLane } from '../../src/store/postgres/look-lane.ts'
import type { Ask } from '../../src/store/postgres/statements.ts'
import { eventually } from '../fixtures/eventually.ts'

test('what is asked while a message is on its way is one message, and each gets the rows of its own question', async () => {
  const messages: (readonly Ask[])[] = []
  const waiting: (() => void)[] = []
  const lookUp = lookLane(
    {
      async call(asks) {
        messages.push(asks)
        await new Promise<void>((resolve) => waiting.push(resolve))
        return asks.map(({ name, parameters }) => {
          const rows: unknown = JSON.parse(String(parameters?.['rows']))
          assert.ok(Array.isArray(rows))
          // Nothing for the first one of each message.
          return rows.map((row: { ord: number; id?: string }) => ({ ...row, name })).slice(1)
        })
      },
    },
    systemClock(),
  )
  const answer = async () => {
    await eventually('a message is on its way', () => waiting.length > 0)
    waiting.shift()?.()
  }
  const first = lookUp('access_keys', { id: 'first' })
  await eventually('a message is on its way', () => waiting.length > 0)
  const next = ['a', 'b', 'b', 'c"\\'].map((id) => lookUp('access_keys', { id }))
  const other = [lookUp('nonces', { key: 'k', value: '1' }), lookUp('nonces', { key: 'k', value: '2' })]
  await answer()
  assert.deepEqual(await first, [])
  await answer()
  const answers = await Promise.all([...next, ...other])
  assert.deepEqual(
    answers.map((rows) => rows.map(({ id, value }) => id ?? value)),
    [[], ['b'], ['b'], ['c"\\'], [], ['2']],
  )
  assert.deepEqual(
    messages.map((asks) => asks.map(({ name }) => name)),
    [['access_keys'], ['access_keys', 'nonces']],
  )
})
