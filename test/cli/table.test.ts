import assert from 'node:assert/strict'
import { test } from 'node:test'
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
