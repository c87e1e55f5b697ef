import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { rowsOf } from '../../scripts/docs/contract-page.ts'
import { configurationKeys } from '../../scripts/docs/configuration-page.ts'
import { CONTRACT_PAGE, generatedPages } from '../../scripts/docs/pages.ts'
import { rowTests } from '../../scripts/docs/row-tests.ts'
import { documentedActions } from '../../src/api/documented-actions.ts'
import { ERRORS } from '../../src/model/errors.ts'
import { readSourceTree } from '../architecture/source-tree.ts'

const tree = readSourceTree(join(import.meta.dirname, '..', '..'))
const LAST_ROW = 36

for (const [path, text] of generatedPages(tree)) {
  test(`${path} is what the code says`, () => {
    const written = (tree.get(path) ?? '').split('\n')
    const line = text.split('\n').findIndex((each, index) => each !== written[index])
    const here = `line ${line + 1} is ${JSON.stringify(written[line])}`
    assert.ok(tree.get(path) === text, `${path} is not up to date; run: npm run docs. ${here}`)
  })
}

test('each row of the contract is on its page, in order, and has a test that carries its number', () => {
  const page = tree.get(CONTRACT_PAGE) ?? ''
  const rows = [...page.matchAll(/^### Row (\d+)$/gm)].map(([, row]) => Number(row))
  assert.deepEqual(
    rows,
    Array.from({ length: LAST_ROW }, (_, index) => index + 1),
  )
  const tests = rowTests(tree)
  const unknown = tests.filter(({ row }) => !rows.includes(row))
  assert.deepEqual(unknown, [], 'a test carries the number of a row that there is not')
  assert.deepEqual(rowsOf(page), rows, 'every row has a place for its tests')
  const missing = rows.filter((row) => !tests.some((each) => each.row === row))
  assert.deepEqual(
    missing,
    [],
    `no test has a title that begins with: ${missing.map((row) => `row ${row}:`).join(', ')}`,
  )
})

test('codes = documented codes, both ways', () => {
  const page = tree.get('docs/reference/errors.md') ?? ''
  const documented = [...page.matchAll(/^### (.+)$/gm)].map(([, code = '']) => code)
  assert.deepEqual(documented.toSorted(), Object.keys(ERRORS).toSorted())
})

test('every code of the table is used somewhere', () => {
  const tables = ['src/model/request-errors.ts', 'src/model/ram-errors.ts', 'src/model/discovery-errors.ts']
  const sources = [...tree].filter(([path]) => path.startsWith('src/') && !tables.includes(path))
  const text = sources.map(([, source]) => source).join('\n')
  const unused = Object.keys(ERRORS).filter((code) => !text.includes(`'${code}'`))
  assert.deepEqual(unused, [], 'no source file but the table has these codes')
})

test('every action says what it is, and so does every parameter', () => {
  const page = tree.get('docs/reference/api.md') ?? ''
  for (const { name, summary } of documentedActions()) {
    assert.match(summary, /\.$/, name)
    assert.ok(page.includes(`\n## ${name}\n`), name)
    assert.ok(page.includes(`bin/postern call ${name}`), `no example of ${name}`)
  }
  const rows = [...page.matchAll(/^\| `(\w+)` \| \w+ \| (?:yes|no) \| \S* *\| (.*) \| `(.*)` \|$/gm)]
  assert.ok(rows.length > 15, `only ${rows.length} parameters`)
  for (const [, name, description, example] of rows) {
    assert.match(description ?? '', /\.$/, name)
    assert.notEqual(example, '', name)
  }
})

test('every key of the configurations has a description, an example, and says when a change counts', () => {
  for (const kind of ['gateway', 'server'] as const) {
    const keys = configurationKeys(kind)
    assert.ok(keys.length > 10, kind)
    for (const { path, description, example, reload } of keys) {
      assert.match(description, /\.$/, path)
      assert.notEqual(example, '', path)
      assert.match(reload, /^(at once|after a restart)$/, path)
    }
  }
})
