import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { PUBLIC_ID_MAX, PUBLIC_ID_MIN, toGatewayId, toTaskId } from '../../src/model/ids.ts'
import { publicIds } from '../../src/store/public-id.ts'

const anyKey = fc.uint8Array({ minLength: 32, maxLength: 32 })
const anyNumber = fc.oneof(
  fc.nat({ max: 100_000 }),
  fc.maxSafeNat().map((n) => n % 900_000_000_000_000),
)

test('row 19: every number has an id of 15 digits, and every id gives its number back', () => {
  fc.assert(
    fc.property(anyKey, anyNumber, (key, number) => {
      const ids = publicIds(key)
      const task = ids.taskId(number)
      const gateway = ids.gatewayId(number)
      for (const id of [task, gateway]) {
        assert.ok(id >= PUBLIC_ID_MIN && id <= PUBLIC_ID_MAX && Number.isSafeInteger(id))
      }
      // Those that have not seen the ids compute what these remember.
      for (const each of [ids, publicIds(key)]) {
        assert.equal(each.taskNumber(task), number)
        assert.equal(each.gatewayNumber(gateway), number)
      }
      assert.equal(publicIds(key).taskId(number), task, 'the key alone decides')
    }),
    { numRuns: 2_000 },
  )
})

test('row 19: every id of 15 digits has one number: what somebody makes up is looked for and not found', () => {
  const key = randomBytes(32)
  const [ids, others] = [publicIds(key), publicIds(key)]
  fc.assert(
    fc.property(fc.integer({ min: PUBLIC_ID_MIN, max: PUBLIC_ID_MAX }), (value) => {
      const [task, gateway] = [toTaskId(value), toGatewayId(value)]
      assert.ok(task !== undefined && gateway !== undefined)
      for (const each of [ids, others]) {
        assert.equal(each.taskId(ids.taskNumber(task)), task)
        assert.equal(each.gatewayId(ids.gatewayNumber(gateway)), gateway)
      }
    }),
  )
})

test('row 19: ids do not follow each other, differ by kind and by key, and spread over the whole range', () => {
  const [one, two] = [publicIds(Buffer.alloc(32, 1)), publicIds(Buffer.alloc(32, 2))]
  const numbers = Array.from({ length: 2_000 }, (_, i) => i + 1)
  const ids = numbers.map((number) => one.taskId(number))
  assert.equal(new Set(ids).size, 2_000)
  const close = ids.filter((id, i) => i > 0 && Math.abs(id - (ids[i - 1] ?? 0)) < 1e9).length
  assert.ok(close < 5, `${close} neighbours are close`)
  const tenths = new Map<number, number>()
  for (const id of ids) {
    const tenth = Math.floor((id - PUBLIC_ID_MIN) / 9e13)
    tenths.set(tenth, (tenths.get(tenth) ?? 0) + 1)
  }
  for (let tenth = 0; tenth < 10; tenth++) assert.ok((tenths.get(tenth) ?? 0) > 120, `few ids in tenth ${tenth}`)
  for (const number of numbers) {
    assert.notEqual(Number(one.taskId(number)), Number(one.gatewayId(number)))
    assert.notEqual(one.taskId(number), two.taskId(number))
  }
})

test('row 19: the ids that were given out stay what they are', () => {
  // Stored nowhere but with clients: a change of the permutation would break every one of them.
  const ids = publicIds(Uint8Array.from({ length: 32 }, (_, i) => i))
  assert.deepEqual(
    [ids.taskId(1), ids.taskId(2), ids.gatewayId(1)],
    [938_311_109_614_679, 832_233_832_451_422, 335_204_404_737_200],
  )
})

test('ids that are remembered are the ones that are computed, also when more have been asked for than are kept', () => {
  const key = Buffer.alloc(32, 3)
  const ids = publicIds(key)
  const numbers = Array.from({ length: 12_000 }, (_, i) => i + 1)
  const first = numbers.map((number) => ids.taskId(number))
  const fresh = publicIds(key)
  for (const [i, id] of first.entries()) {
    if (i % 100 === 0) assert.equal(fresh.taskNumber(id), i + 1)
    if (i % 100 === 0) assert.equal(ids.taskNumber(id), i + 1)
  }
})
