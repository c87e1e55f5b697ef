import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readableBytes } from '../../src/cli/database-details.ts'
import { printable, table } from '../../src/cli/table.ts'

test('columns stand below each other, whatever the names are made of', () => {
  const text = table(
    ['NAME', 'KIND'],
    [
      ['crm_中文', 'a'],
      ['plain', 'b'],
    ],
  )
  assert.equal(text, 'NAME      KIND\n--------  ----\ncrm_中文  a\nplain     b')
})

test('a name of a foreign server cannot move the cursor or end a line', () => {
  assert.equal(printable('a\u001b[2Jb\nc\u202e'), 'a\\u{1b}[2Jb\\u{a}c\\u{202e}')
})

test('sizes as people read them', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1_048_575, '1.0 MiB'],
    [1_572_864, '1.5 MiB'],
    [2 ** 53 - 1, '8.0 PiB'],
  ]
  for (const [bytes, said] of cases) assert.equal(readableBytes(bytes), said)
})
