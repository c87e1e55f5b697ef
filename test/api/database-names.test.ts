import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { databaseNames } from '../../src/api/database-names.ts'
import { inOrder } from '../../src/model/database-order.ts'
import { database } from './running-api.ts'

test('row 17: key spaces are sorted by their number', async () => {
  const spaces = ['db10', 'db0', 'db3'].map((name) => database(name, { kind: 'keyspace' }))
  assert.deepEqual(databaseNames(await inOrder(spaces), { includeSystem: false }), ['db0', 'db3', 'db10'])
})

test('row 17: whatever order comes in, code points go out, and the same name may be there twice', async () => {
  const names = fc.array(fc.string({ unit: 'binary', maxLength: 3 }), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(names, async (given) => {
      const expected = given.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      assert.deepEqual(
        databaseNames(await inOrder(given.map((name) => database(name))), { includeSystem: true }),
        expected,
      )
    }),
    // By UTF-16 units the emoji, a pair of surrogates, would come first.
    { examples: [[['\u{1f600}', '\uff21']]] },
  )
})
