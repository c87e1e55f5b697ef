import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { ConfigurationError } from '../../src/base/configuration-error.ts'
import { CONFIGURATION_SCHEMAS } from '../../src/cli/configuration-json-schema.ts'
import { EXIT } from '../../src/cli/exit-code.ts'
import { loadServerConfiguration } from '../../src/cli/server-configuration.ts'
import { loadConfiguration } from '../../src/gateway/configuration.ts'
import { endpointSchema } from '../../src/gateway/configuration-schema.ts'
import { makeAuthority } from '../fixtures/certificates.ts'
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

  const exposed = await check('listen: 0.0.0.0:7070\n')
  assert.equal(exposed.code, EXIT.done)
  assert.match(exposed.stderr, /^warning: .*0\.0\.0\.0:7070 can be reached from other machines/)
  // A program that would leave a trace is looked for and not run.
  const trace = join(folder.path, 'trace')
  const run = await check(ENDPOINT.replace('user: u', `user: u, passwordCommand: [touch, ${trace}]`))
  assert.equal(run.code, EXIT.done, run.stderr)
  assert.ok(!existsSync(trace))

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

test('config check finds a certificate that does not fit its key, and takes files beside the configuration', async () => {
  await using folder = await tempFolder('config')
  const file = (name: string) => join(folder.path, name)
  const authority = makeAuthority()
  const [one, other] = [authority.issue(['a.example']), authority.issue(['b.example'])]
  await writeFile(file('tls.crt'), one.certificate)
  await writeFile(file('tls.key'), other.key)
  await writeFile(file('server.yaml'), 'listen: 0.0.0.0:7070\ntlsCert: tls.crt\ntlsKey: tls.key\n')
  const wrong = await postern(['config', 'check', file('server.yaml')])
  assert.equal(wrong.code, EXIT.usage)
  assert.match(wrong.stderr, /server\.yaml:3:9: `tlsKey` does not belong to the certificate of /)
  await writeFile(file('tls.key'), one.key)
  const right = await postern(['config', 'check', file('server.yaml')])
  assert.deepEqual([right.code, right.stderr], [EXIT.done, ''])
})

test('config schema prints the JSON Schema of either configuration, with what editors show', async () => {
  for (const kind of ['gateway', 'server']) {
    const { code, stdout } = await postern(['config', 'schema', kind])
    assert.equal(code, EXIT.done)
    const schema = z
      .object({ $schema: z.string(), properties: z.record(z.string(), z.looseObject({})) })
      .parse(JSON.parse(stdout))
    assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema')
    for (const [key, { description, examples }] of Object.entries(schema.properties)) {
      assert.equal(typeof description, 'string', key)
      assert.ok(Array.isArray(examples) && examples.length > 0, key)
    }
    assert.equal(schema.properties['logLevel']?.['default'], 'info')
  }
  assert.equal((await postern(['config', 'schema', 'other'])).code, EXIT.usage)
})

test('the examples of the reference are values that the configurations take', () => {
  for (const kind of ['gateway', 'server'] as const) {
    for (const [key, schema] of Object.entries<z.ZodType>(CONFIGURATION_SCHEMAS[kind].shape)) {
      const examples = z.array(z.unknown()).parse(z.globalRegistry.get(schema)?.['examples'])
      for (const example of examples) assert.ok(schema.safeParse(example).success, `${key} ${String(example)}`)
    }
  }
  for (const [key, schema] of Object.entries(endpointSchema.shape)) {
    const examples = z.array(z.unknown()).parse(z.globalRegistry.get(schema)?.['examples'])
    for (const example of examples) assert.ok(schema.safeParse(example).success, `${key} ${String(example)}`)
  }
})

test('the meaning of a value is checked too, with its place', async () => {
  await using folder = await tempFolder('config')
  const file = join(folder.path, 'some.yaml')
  const invalid: readonly (readonly [text: string, said: RegExp])[] = [
    [
      'listen: 7070x\nbehindProxy:\n  - 10.0.0.0/8\n  - 10.0.0.0/33\npublicUrl: ftp://x\n',
      /^FILE:1:9: `listen` must be HOST:PORT.*\nFILE:4:5: the entry must be an address or a range.*\nFILE:5:12: `publicUrl` must be an address such as https.*\n$/,
    ],
    [
      'listen: 127.0.0.1:1\ntlsCert: none.pem\ntlsKey: none.pem\n',
      /^FILE:2:10: `tlsCert` cannot be read: ENOENT.*none\.pem'\n$/,
    ],
    [
      'listen: 127.0.0.1:1\ntlsCert: some.yaml\ntlsKey: some.yaml\n',
      /^FILE:2:10: `tlsCert` is not a certificate in PEM/,
    ],
    ['listen: 127.0.0.1:1\nlogLevel: loud\n', /^FILE:2:11: `logLevel` must be debug or info or warn or error\n$/],
    [
      ENDPOINT.replace('user: u', 'user: u, passwordCommand: [no-such-program-here, x]'),
      /^FILE:2:\d+: `passwordCommand`: the program no-such-program-here is not on the PATH\n$/,
    ],
    [ENDPOINT.replace('user: u', 'user: u, passwordCommand: sh -c x'), /^FILE:2:\d+: `passwordCommand` must be a list/],
    [
      ENDPOINT.replace('user: u', 'user: u, passwordCommand: []'),
      /^FILE:2:\d+: `passwordCommand` must have the program/,
    ],
    [
      ENDPOINT.replace('user: u', 'user: u, passwordEnv: HOME, passwordCommand: [sh]'),
      /only one of `passwordEnv`, `passwordCommand` may be there/,
    ],
  ]
  for (const [text, said] of invalid) {
    await writeFile(file, text, { mode: 0o600 })
    const load = text.startsWith('endpoints') ? loadConfiguration : loadServerConfiguration
    try {
      load(file)
      assert.fail(text)
    } catch (error) {
      assert.ok(error instanceof ConfigurationError)
      assert.match(`${error.message.replaceAll(file, 'FILE')}\n`, said)
    }
  }
})
