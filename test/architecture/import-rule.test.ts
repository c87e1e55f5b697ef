import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { RULES } from './architecture-rules.ts'
import { readSourceTree } from './source-tree.ts'

const PAGE =
  'Text\n\n```\ndocs/  guides\nsrc/\n  base/   the floor\n  cli/    argv\n    deep/ below\ntest/  tests\n```\n'
const SOUND = {
  'ARCHITECTURE.md': PAGE,
  'src/base/clock.ts': 'export const now = () => Date.now()\n',
  'src/cli/main.ts':
    "import { now } from '../base/clock.ts'\nconst load = () => import('mariadb')\nexport { now, load }\n",
}

const tree = readSourceTree(join(import.meta.dirname, '..', '..'))

for (const [name, rule] of Object.entries(RULES)) {
  test(name, () => {
    const violations = rule(tree)
    assert.ok(violations.length === 0, `\n${violations.join('\n')}`)
  })

  test(`${name}: a sound tree has no violation`, () => {
    assert.deepEqual(rule(planted({})), [])
  })
}

test('the tree that is checked is the whole one', () => {
  for (const path of ['src/model/errors.ts', 'src/engines/list.ts', 'scripts/test/main.ts', 'bin/postern']) {
    assert.ok(tree.has(path), path)
  }
})

const CAUGHT: readonly [keyof typeof RULES, path: string, text: string, message: RegExp][] = [
  [
    'the import rule',
    'src/base/a.ts',
    "import { x } from '../cli/main.ts'\nx()\n",
    /src\/base\/a\.ts:1 .*src\/base\/ may import nothing .*never cli/,
  ],
  [
    'the import rule',
    'src/gateway/a.ts',
    "\nimport type { T } from '../store/store.ts'\nexport type U = T\n",
    /:2 .*gateway\/ may import model, base, link, engines .*never store/,
  ],
  ['the import rule', 'src/api/a.ts', "export * from '../store/store.ts'\n", /src\/api\/.*never store/],
  ['the import rule', 'src/model/a.ts', "export const f = () => import('../bus/bus.ts')\n", /src\/model\/.*never bus/],
  ['the import rule', 'src/link/a.ts', "export type T = import('../fleet/a.ts').T\n", /src\/link\/.*never fleet/],
  ['the import rule', 'src/base/a.ts', "import '../../test/x.ts'\n", /never from outside src/],
  [
    'the import rule',
    'src/bus/a.ts',
    "const s = `// ${'`'}`\nimport { x /* y */ } from\n  '../link/a.ts' // z\nx(s)\n",
    /a\.ts:3 .*never link/,
  ],
  ['the import rule', 'src/stuff/a.ts', 'export const a = 1\n', /src\/stuff\/ is not in the import rule/],
  [
    'the console knows the public API only',
    'console/src/a.tsx',
    "import { x } from '../../src/model/errors.ts'\nexport const A = () => <b>{x}</b>\n",
    /console\/src\/a\.tsx:1 .*never src\/model/,
  ],
  ['the console knows the public API only', 'console/src/a.ts', "import 'node:fs'\n", /never node:fs/],
  [
    'samples can be loaded by a browser',
    'src/samples/a.ts',
    "import { sep } from 'node:path'\nexport const a = sep\n",
    /a\.ts:1 imports node:path/,
  ],
  [
    'samples can be loaded by a browser',
    'src/samples/a.ts',
    'export const a = Buffer.alloc(1)\n',
    /a\.ts names Buffer/,
  ],
  [
    'drivers are loaded on first use',
    'src/store/a.ts',
    "import postgres from 'postgres'\npostgres()\n",
    /src\/store\/a\.ts → postgres/,
  ],
  ['no default export', 'src/base/a.ts', 'export const b = 1\nexport default b\n', /a\.ts:2 has a default export/],
  ['no default export', 'test/a.ts', 'export default function f() {}\n', /a\.ts:1 has a default export/],
  ['no default export', 'src/base/a.ts', 'const b = 1\nexport { b as default }\n', /a\.ts:2 has a default export/],
  ['names can be guessed', 'src/base/index.ts', '', /"index" says nothing/],
  ['names can be guessed', 'test/fixtures/utils.ts', '', /"utils" says nothing/],
  ['names can be guessed', 'scripts/helpers.mjs', '', /"helpers" says nothing/],
  ['names can be guessed', 'src/base/someThing.ts', '', /"someThing.ts" is not kebab-case/],
  ['names can be guessed', 'src/base/Some_dir/a.ts', '', /"Some_dir" is not kebab-case/],
  ['no file in src/ is longer than 300 lines', 'src/base/a.ts', '\n'.repeat(301), /has 301 lines/],
  ['ARCHITECTURE.md lists the folders of src/', 'src/bus/bus.ts', '', /src\/bus\/ is not in the tree/],
  [
    'ARCHITECTURE.md lists the folders of src/',
    'ARCHITECTURE.md',
    PAGE.replace('  cli/', '  link/  x\n  cli/'),
    /lists src\/link\//,
  ],
  ['ARCHITECTURE.md lists the folders of src/', 'ARCHITECTURE.md', 'no tree', /src\/base\/ is not in the tree/],
  [
    'nothing points outside the checkout',
    'docs/a.md',
    `a\nsee ${['..', 'shared', 'design'].join('/')}\n`,
    /docs\/a\.md:2 names a folder beside/,
  ],
  [
    'nothing points outside the checkout',
    'src/base/a.ts',
    `// ${['', 'x', 'shared', 'reference'].join('/')}\n`,
    /names a folder beside/,
  ],
]

for (const [rule, path, text, message] of CAUGHT) {
  test(`${rule}: catches ${path}: ${message.source}`, () => {
    const violations = RULES[rule](planted({ [path]: text }))
    assert.equal(violations.length >= 1, true, 'nothing was caught')
    assert.match(violations.join('\n'), message)
  })
}

test('a driver is found behind a chain of files, but not behind import() or a type', () => {
  const rule = RULES['drivers are loaded on first use']
  const chain = {
    'src/gateway/runner.ts': "import { e } from '../engines/mysql.ts'\ne()\n",
    'src/engines/mysql.ts': "import { connect } from './mysql-connection.ts'\nexport const e = connect\n",
    'src/engines/mysql-connection.ts': "import { connect } from 'mariadb/callback'\nexport { connect }\n",
  }
  assert.match(rule(planted(chain)).join(), /runner\.ts → src\/engines\/mysql\.ts → .*mysql-connection\.ts → mariadb/)
  const lazy = "export const e = () => import('../engines/mysql.ts')\n"
  assert.deepEqual(rule(planted({ ...chain, 'src/gateway/runner.ts': lazy })), [])
  const type = "import type { e } from '../engines/mysql.ts'\nexport type E = typeof e\n"
  assert.deepEqual(rule(planted({ ...chain, 'src/gateway/runner.ts': type })), [])
  const list = "import { e } from './mysql.ts'\nexport { e }\n"
  assert.match(
    rule(planted({ ...chain, 'src/gateway/runner.ts': '', 'src/engines/list.ts': list })).join(),
    /list\.ts → /,
  )
})

function planted(files: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries({ ...SOUND, ...files }))
}
