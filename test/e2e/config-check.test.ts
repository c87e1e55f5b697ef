import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { EXIT } from '../../src/cli/exit-code.ts'
import { postern } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const ENDPOINT = 'endpoints:\n  - { engine: MySQL, host: db, user: u }\n'

test('config check tells which configuration a file is, what it has, or every mistake in it', async () => {
  await using folder = await tempFolder('config')
  const file = join(folder.path, 'some.yaml')
  const check = async (text: string, ...args: string[]) => {
    await writeFile(file, text, { mode: 0o600 })
    const { code, stdout, stderr } = await postern(['config', 'check', file, ...args])
    return { code, stdout: stdout.replaceAll(file, 'FILE'), stderr: stderr.replaceAll(file, 'FILE') }
  }
  assert.deepEqual(await check(ENDPOINT), {
    code: EXIT.done,
    stdout:
      'FILE is valid: configuration of a gateway with 1 endpoint (1 MySQL), 16 tasks at a time, 4 for one endpoint\n',
    stderr: '',
  })
  const none = await check('endpoints: []\n')
  assert.deepEqual(
    [none.code, none.stderr],
    [EXIT.done, 'warning: FILE lists no endpoints: every task will be refused\n'],
  )
  const server = await check('listen: 127.0.0.1:7070\ndrainGraceSeconds: 1\n')
  assert.equal(server.stdout, 'FILE is valid: configuration of a server with listen, drainGraceSeconds\n')

  const invalid: readonly (readonly [text: string, stderr: RegExp, args?: readonly string[]])[] = [
    [
      'endpoints:\n  - { engine: MySQL, hots: db, user: u }\nlimit: {}\n',
      /^FILE:2:5: `host` is missing\nFILE:2:\d+: unknown key `hots`; did you mean `host`\?\nFILE:3:1: unknown key `limit`; did you mean `limits`\?\n$/,
    ],
    // By mistyped keys alone.
    ['lisen: 127.0.0.1:7070\n', /^FILE:1:1: unknown key `lisen`; did you mean `listen`\?\n$/],
    ['endpoint: []\n', /FILE:1:1: unknown key `endpoint`; did you mean `endpoints`\?/],
    [
      'listen: 1\ndrainGraceSeconds: 9999\n',
      /^FILE:1:9: `listen` must be text; write it in quotes\nFILE:2:20: `drainGraceSeconds` .*300\n$/,
    ],
    [ENDPOINT, /unknown key `endpoints`/, ['--kind', 'server']],
    ['a: [\n', /^FILE:\d+:\d+: /],
    ['a: 1\n', /--kind gateway or --kind server/],
    ['', /--kind gateway or --kind server/],
    [ENDPOINT, /It is gateway or server/, ['--kind', 'other']],
  ]
  for (const [text, said, args = []] of invalid) {
    const { code, stdout, stderr } = await check(text, ...args)
    assert.deepEqual([code, stdout], [EXIT.usage, ''], text)
    assert.match(stderr, said)
  }
  const missing = await postern(['config', 'check', join(folder.path, 'none.yaml')])
  assert.equal(missing.code, EXIT.usage)
  assert.match(missing.stderr, /none\.yaml: the configuration cannot be read/)
})
