import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as check, property, string } from 'fast-check'
import { jsonRows } from '../../src/store/postgres/statements.ts'

const written = (text: string): unknown => JSON.parse(jsonRows([{ text }]))

test('rows for the database have no character that it refuses, whatever is in them', () => {
  for (const text of ['a\0b', '\ud83d', '\udc00x', '😀', '\\u0000', '\\ud83d', '\u0001', '"\\']) {
    assert.deepEqual(written(text), [{ text: text.toWellFormed().replaceAll('\0', '\uFFFD') }], JSON.stringify(text))
  }
  check(
    property(string({ unit: 'binary' }), (text) => {
      assert.deepEqual(written(text), [{ text: text.toWellFormed().replaceAll('\0', '\uFFFD') }])
    }),
  )
})
