import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTurns } from '../../src/base/turns.ts'

/** In which round of the event loop each of so many went on. */
async function roundsOf(count: number, othersCame?: () => boolean): Promise<readonly number[]> {
  let round = 0
  let counting = true
  const next = () => {
    round++
    if (counting) setImmediate(next)
  }
  setImmediate(next)
  const turn = createTurns(othersCame)
  const rounds = await Promise.all(Array.from({ length: count }, () => turn().then(() => round)))
  counting = false
  return rounds
}

test('one goes on in each round, in the order of their coming', async () => {
  const rounds = await roundsOf(20)
  assert.deepEqual(
    rounds.map((round) => round - (rounds[0] ?? 0)),
    Array.from({ length: 20 }, (_, i) => i),
  )
})

test('rounds in which others came are left to them, and never more than four at a time', async () => {
  let asked = 0
  const some = await roundsOf(3, () => ++asked % 3 !== 0)
  assert.deepEqual([(some[1] ?? 0) - (some[0] ?? 0), (some[2] ?? 0) - (some[1] ?? 0)], [3, 3])
  const always = await roundsOf(3, () => true)
  assert.deepEqual([(always[1] ?? 0) - (always[0] ?? 0), (always[2] ?? 0) - (always[1] ?? 0)], [5, 5])
})
