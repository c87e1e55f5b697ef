import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as check, asyncProperty, integer, oneof, record, string } from 'fast-check'
import { createRenderer } from '../../src/api/render.ts'
import { xmlDocument } from '../../src/api/xml-document.ts'
import { toRequestId } from '../../src/model/ids.ts'

const requestId = toRequestId('EB4DFD5E-3618-498D-BE35-4DBEA0072122')
const renderer = createRenderer(() => 'https://postern.example')

const text = string({ unit: 'binary', maxLength: 4 })
/** Around the bounds of the slices. */
const lengths = oneof(
  integer({ min: 999, max: 1002 }),
  integer({ min: 1999, max: 2001 }),
  integer({ min: 0, max: 5000 }),
)
const bodies = record({
  length: lengths,
  some: array(text, { minLength: 1, maxLength: 7 }),
  other: text,
  none: array(text, { maxLength: 1 }),
})

test('row 3: an answer with a long list has the same bytes as one that is written at once, in JSON and in XML', async () => {
  await check(
    asyncProperty(bodies, async ({ length, some, other, none }) => {
      const names = Array.from({ length }, (_, i) => some[i % some.length] ?? '')
      const body = {
        Before: other,
        DbList: { dbName: names },
        Absent: undefined,
        Deep: {
          Empty: {},
          Null: null,
          Number: 7,
          No: false,
          List: { Item: names.map((Name) => ({ Name, More: { a: none } })) },
        },
        None: { Item: none },
        After: 'x',
      }
      const whole = { RequestId: requestId, HttpStatusCode: 200, Success: true, ...body }
      const json = await renderer.success(body, { requestId, format: 'JSON', action: 'A' })
      assert.equal(String(json.body), JSON.stringify(whole))
      const xml = await renderer.success(body, { requestId, format: 'XML', action: 'A' })
      assert.equal(String(xml.body), xmlDocument('AResponse', whole))
      assert.equal(typeof xml.body === 'string', length <= 1000)
    }),
    { numRuns: 40 },
  )
})

test('row 3: however many long answers are written at a time, others get their turn after each slice', async () => {
  const names = Array.from({ length: 20_000 }, (_, i) => `tenant_${i}`)
  let rounds = 0
  let writing = true
  const count = () => {
    rounds++
    if (writing) setImmediate(count)
  }
  setImmediate(count)
  const write = () =>
    renderer.success({ DbList: { dbName: names } }, { requestId, format: 'XML', action: 'GetDBListFromAgent' })
  await Promise.all(Array.from({ length: 10 }, write))
  writing = false
  assert.ok(rounds >= 10 * 20, `${rounds} rounds`)
})
