import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { databaseNames } from '../../src/api/database-names.ts'
import { jsonPieces } from '../../src/api/json-pieces.ts'
import { holdsLongList, isLongList, slicesOf } from '../../src/api/long-list.ts'
import { nameWarnings } from '../../src/api/name-warnings.ts'
import { inOrder } from '../../src/model/database-order.ts'
import type { DatabaseRecord } from '../../src/model/listing.ts'
import { DatabaseColumns } from '../../src/tasks/database-columns.ts'
import { database } from './running-api.ts'

const namesOf = (databases: readonly DatabaseRecord[]) =>
  databaseNames(DatabaseColumns.of(databases), { includeSystem: true })

test('row 17: key spaces are sorted by their number', async () => {
  const spaces = ['db10', 'db0', 'db3'].map((name) => database(name, { kind: 'keyspace' }))
  assert.deepEqual(namesOf(await inOrder(spaces)), ['db0', 'db3', 'db10'])
})

test('row 17: whatever order comes in, code points go out, and the same name may be there twice', async () => {
  const names = fc.array(fc.string({ unit: 'binary', maxLength: 3 }), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(names, async (given) => {
      const expected = given.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      assert.deepEqual(namesOf(await inOrder(given.map((name) => database(name)))), expected)
    }),
    // By UTF-16 units the emoji, a pair of surrogates, would come first.
    { examples: [[['\u{1f600}', '\uff21']]] },
  )
})

test('row 17: a long list has what a short one has, and is made slice by slice', async () => {
  const long = Array.from({ length: 5_500 }, (_, i) =>
    database(`d${i}`, i % 3 === 0 || (i >= 2_000 && i < 3_000) ? { system: true } : {}),
  )
  const columns = DatabaseColumns.of(long)
  assert.equal(columns.length, long.length)
  for (const includeSystem of [true, false]) {
    const names = databaseNames(columns, { includeSystem })
    assert.ok(isLongList(names) && holdsLongList({ DbList: { dbName: names } }))
    assert.deepEqual(
      [...slicesOf(names)].flat(),
      long.filter(({ system }) => includeSystem || !system).map(({ name }) => name),
    )
    const body = { DbList: { dbName: names } }
    const text = [...jsonPieces(body)].join('')
    assert.equal(text, JSON.stringify({ DbList: { dbName: [...slicesOf(names)].flat() } }))
  }
  // Nothing of it is for people.
  const none = databaseNames(DatabaseColumns.of(long.map((one) => ({ ...one, system: true }))), {
    includeSystem: false,
  })
  assert.equal([...jsonPieces({ dbName: none })].join(''), '{"dbName":[]}')
  const warnings = await nameWarnings(
    DatabaseColumns.of(long.map((one, i) => ({ ...one, ...(i % 1_000 === 999 && { nameBase64: 'eA==' }) }))),
    { includeSystem: true, holds: (text) => text !== 'd4000' },
  )
  assert.match(warnings[0]?.message ?? '', /^6 names are not exact/)
})
