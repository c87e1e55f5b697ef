import assert from 'node:assert/strict'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type GatewayConfiguration, loadConfiguration } from '../../src/gateway/configuration.ts'
import { ConfigurationError } from '../../src/base/configuration-error.ts'
import { configurationSource } from '../../src/gateway/configuration-source.ts'
import { silentLog } from '../../src/base/log.ts'
import { scratchFolder } from './scratch-folder.ts'

async function write(context: TestContext, text: string, mode = 0o600): Promise<string> {
  const file = join(await scratchFolder(context), 'gateway.yaml')
  await writeFile(file, text)
  await chmod(file, mode)
  return file
}

async function problemsOf(context: TestContext, text: string): Promise<readonly string[]> {
  const file = await write(context, text)
  try {
    loadConfiguration(file)
  } catch (error) {
    assert.ok(error instanceof ConfigurationError)
    for (const line of error.message.split('\n')) assert.ok(line.startsWith(`${file}:`), line)
    return error.problems.map(({ line, column, message }) => `${line}:${column}: ${message}`)
  }
  return []
}

const load = async (context: TestContext, text: string): Promise<GatewayConfiguration> =>
  loadConfiguration(await write(context, text))

test('a whole configuration is read', async (t) => {
  const { endpoints, limits, warnings, file } = await load(
    t,
    `endpoints:
  - name: crm
    engine: mysql
    host: DB1.Example.net.
    user: postern
    password: secret
    tls: { mode: off }
  - engine: PostgreSQL
    host: 2001:DB8:0::1
    port: 6432
    user: postern
    database: app
  - engine: mariadb
    host: 10.0.0.0/24
    user: postern
    tls: { serverName: db.example.net }
limits: { total: 8, connectSeconds: 2 }
`,
  )
  assert.match(file, /gateway\.yaml$/)
  assert.deepEqual(warnings, [])
  assert.deepEqual(
    endpoints.map(({ password: _password, ...endpoint }) => endpoint),
    [
      {
        name: 'crm',
        engine: 'MySQL',
        host: { kind: 'name', name: 'db1.example.net' },
        port: 3306,
        user: 'postern',
        tls: { mode: 'off' },
        line: 2,
      },
      {
        name: 'PostgreSQL@[2001:db8::1]:6432',
        engine: 'PostgreSQL',
        host: { kind: 'address', address: '2001:db8::1' },
        port: 6432,
        user: 'postern',
        database: 'app',
        tls: { mode: 'verify' },
        line: 8,
      },
      {
        name: 'MariaDB@10.0.0.0/24:3306',
        engine: 'MariaDB',
        host: { kind: 'range', network: '10.0.0.0', prefix: 24 },
        port: 3306,
        user: 'postern',
        tls: { mode: 'verify', serverName: 'db.example.net' },
        line: 13,
      },
    ],
  )
  assert.equal(await endpoints[0]?.password(), 'secret')
  assert.equal(await endpoints[1]?.password(), '')
  assert.deepEqual(limits, { total: 8, perEndpoint: 4, connectMs: 2000, queryMs: 30_000 })
})

const ONE = '  - { engine: MySQL, host: a, user: u }'
const BROKEN: Readonly<Record<string, readonly [text: string, ...problems: RegExp[]]>> = {
  'an empty file': ['', /^1:1: the file is empty$/],
  'no endpoints': ['limits: {}\n', /^1:1: `endpoints` is missing$/],
  'endpoints without a value': ['endpoints:\n', /^1:11: `endpoints` must be a list/],
  'a list at the top': ['- a\n', /^1:1: must have entries of the form `key: value`$/],
  'endpoints that are a mapping': ['endpoints: {a: 1}\n', /^1:12: `endpoints` must be a list/],
  'an unknown key at the top': [
    `endpoints:\n${ONE}\nlimit: {}\n`,
    /^3:1: unknown key `limit`; did you mean `limits`\?$/,
  ],
  'a mistyped key': [
    'endpoints:\n  - engine: MySQL\n    hots: a\n    user: u\n',
    /^2:5: `host` is missing$/,
    /^3:5: unknown key `hots`; did you mean `host`\?$/,
  ],
  'a key that is like none': [
    'endpoints:\n  - { engine: MySQL, host: a, user: u, colour: red }\n',
    /^2:40: unknown key `colour`; valid here: name, engine, host/,
  ],
  'another word for a key': [
    'endpoints:\n  - engine: MySQL\n    hostname: a\n    username: u\n',
    /^2:5: `host` is missing$/,
    /^2:5: `user` is missing$/,
    /^3:5: .*did you mean `host`\?$/,
    /^4:5: .*did you mean `user`\?$/,
  ],
  'an unknown limit': [`endpoints:\n${ONE}\nlimits:\n  querySecond: 3\n`, /^4:3: .*did you mean `querySeconds`\?$/],
  'a limit out of range': [
    `endpoints:\n${ONE}\nlimits: { total: 0 }\n`,
    /^3:18: `total` must be a whole number from 1 to 1000$/,
  ],
  'a limit that is not whole': [
    `endpoints:\n${ONE}\nlimits: { total: 1.5 }\n`,
    /^3:18: `total` must be a whole number/,
  ],
  'an unknown engine': [
    'endpoints:\n  - { engine: Postgres, host: a, user: u }\n',
    /^2:15: `engine` `Postgres` is not an engine; did you mean PostgreSQL\?$/,
  ],
  'an Oracle without a service': [
    'endpoints:\n  - { engine: Oracle, host: a, user: u }\n',
    /^2:5: `serviceName` is missing: Oracle needs it, or `sid`$/,
  ],
  'an Oracle with a service and a SID': [
    'endpoints:\n  - { engine: Oracle, host: a, user: u, serviceName: x, sid: y }\n',
    /^2:57: only one of `serviceName`, `sid` may be there; remove the other$/,
  ],
  'a service of another engine': [
    'endpoints:\n  - { engine: MySQL, host: a, user: u, serviceName: x }\n',
    /^2:40: `serviceName` is for Oracle only, and `engine` is MySQL; remove it$/,
  ],
  'a service that would say more': [
    'endpoints:\n  - { engine: Oracle, host: a, user: u, serviceName: "x)(SERVER=y" }\n',
    /^2:\d+: `serviceName` may have letters, digits and `_ \$ # \. -` only$/,
  ],
  'a port out of range': [
    'endpoints:\n  - { engine: MySQL, host: a, port: 70000, user: u }\n',
    /^2:37: `port` must be a whole number from 1 to 65535$/,
  ],
  'a port as text': [
    'endpoints:\n  - { engine: MySQL, host: a, port: "1", user: u }\n',
    /^2:37: `port` must be a whole/,
  ],
  'a host with a port': [
    'endpoints:\n  - { engine: MySQL, host: "a:1", user: u }\n',
    /^2:28: .*write the port as `port`$/,
  ],
  'an odd spelling of an address': [
    'endpoints:\n  - { engine: MySQL, host: "127.1", user: u }\n',
    /^2:28: .*looks like an address; write it as four numbers/,
  ],
  'a number for an address': [
    'endpoints:\n  - { engine: MySQL, host: "2130706433", user: u }\n',
    /^2:28: .*looks like an address/,
  ],
  'an instance of SQL Server': [
    "endpoints:\n  - { engine: MSSQL, host: 'db1\\SALES', user: u }\n",
    /^2:28: `host` `db1\\SALES` names an instance of SQL Server: write the host alone and the TCP port of the instance as `port`\./,
  ],
  'a host that is no name': [
    'endpoints:\n  - { engine: MySQL, host: a..b, user: u }\n',
    /^2:28: `host` `a\.\.b` is not a host name$/,
  ],
  'bits beyond the prefix': [
    'endpoints:\n  - { engine: MySQL, host: 10.0.0.5/24, user: u }\n',
    /^2:28: .*has bits beyond its prefix; write 10\.0\.0\.0\/24$/,
  ],
  'a prefix that is too long': [
    'endpoints:\n  - { engine: MySQL, host: 10.0.0.0/33, user: u }\n',
    /^2:28: .*from 0 to 32/,
  ],
  'a number as user': [
    'endpoints:\n  - { engine: MySQL, host: a, user: 5 }\n',
    /^2:37: `user` must be text; write it in quotes$/,
  ],
  'two passwords': [
    'endpoints:\n  - engine: MySQL\n    host: a\n    user: u\n    password: x\n    passwordEnv: PATH\n',
    /^6:5: only one of `password`, `passwordEnv` may be there/,
  ],
  'a password file that is missing': [
    'endpoints:\n  - { engine: MySQL, host: a, user: u, passwordFile: none.txt }\n',
    /^2:54: `passwordFile` cannot be read: .*none\.txt \(ENOENT\)$/,
  ],
  'a variable that is not set': [
    'endpoints:\n  - { engine: MySQL, host: a, user: u, passwordEnv: POSTERN_TEST_NOT_SET }\n',
    /^2:53: `passwordEnv`: the environment has no POSTERN_TEST_NOT_SET$/,
  ],
  'an authority that is missing': [
    'endpoints:\n  - { engine: MySQL, host: a, user: u, tls: { caFile: ca.pem } }\n',
    /^2:55: `caFile` cannot be read/,
  ],
  'an unknown TLS mode': [
    'endpoints:\n  - { engine: MySQL, host: a, user: u, tls: { mode: on } }\n',
    /^2:53: `mode` must be verify or off$/,
  ],
  'row 30: a range without TLS': [
    'endpoints:\n  - { engine: MySQL, host: 10.0.0.0/8, user: u, tls: { mode: off } }\n',
    /^2:62: `mode: off` is not possible for an address range: whoever creates a task chooses the address/,
  ],
  'the same endpoint twice': [
    'endpoints:\n  - { engine: MySQL, host: A., user: u }\n\n  - { engine: mysql, host: a, port: 3306, user: v }\n',
    /^4:5: MySQL@a:3306 in line 4 is the endpoint of line 2 again/,
  ],
  'one address in two spellings': [
    'endpoints:\n  - { engine: MySQL, host: "::1", user: u }\n  - { engine: MySQL, host: "0:0::1", user: u }\n',
    /^3:5: .*line 3 is the endpoint of line 2 again/,
  ],
  'the same name twice': [
    'endpoints:\n  - { name: x, engine: MySQL, host: a, user: u }\n  - { name: x, engine: MySQL, host: b, user: u }\n',
    /^3:13: the name `x` is taken by the endpoint of line 2$/,
  ],
  'a key twice': ['endpoints: []\nendpoints: []\n', /^2:1: this key is there twice$/],
  'two documents': ['endpoints: []\n---\nendpoints: []\n', /^2:1: there must be one document only/],
  tabs: ['endpoints:\n\t- a\n', /^2:1: tabs are not allowed/],
}

for (const [what, [text, ...expected]] of Object.entries(BROKEN)) {
  test(`${what} is an error with its place`, async (t) => {
    const problems = await problemsOf(t, text)
    assert.equal(problems.length, expected.length, problems.join('\n'))
    for (const [index, pattern] of expected.entries()) assert.match(problems[index] ?? '', pattern)
  })
}

test('all errors come at once, in the order of the file', async (t) => {
  const problems = await problemsOf(
    t,
    `endpoints:
  - engine: Cassandra
    host: a b
  - engine: MySQL
    host: 10.0.0.0/24
    user: u
    tls: { mode: off }
  - { engine: MySQL, host: h, user: u }
  - { engine: MySQL, host: h, user: u }
`,
  )
  assert.deepEqual(
    problems.map((problem) => problem.split(': ')[0]),
    ['2:5', '2:13', '3:11', '7:18', '9:5'],
  )
})

for (const secret of [
  '!hunter22',
  '*hunter22',
  '&hunter22',
  '@hunter22',
  '`hunter22`',
  '%hunter22',
  '12345678',
  'a: hunter22',
  '"hunter22" x',
]) {
  test(`an error never holds the password ${secret.replace('hunter22', '…')}`, async (t) => {
    const problems = await problemsOf(
      t,
      `endpoints:\n  - engine: MySQL\n    host: a\n    password: ${secret}\n    user: u\n`,
    )
    assert.ok(problems.length > 0)
    assert.doesNotMatch(problems.join('\n'), /hunter22|12345678/)
    assert.match(problems[0] ?? '', /^4:/)
  })
}

test('a key that has run into its password does not show it', async (t) => {
  const problems = await problemsOf(t, 'endpoints:\n  - { engine: MySQL, host: a, user: u, password:hunter22 }\n')
  assert.equal(problems.length, 1)
  assert.doesNotMatch(problems.join('\n'), /hunter22/)
})

test('a file that is not there is named', () => {
  assert.throws(
    () => loadConfiguration('/nonexistent/gateway.yaml'),
    /^ConfigurationError: \/nonexistent\/gateway\.yaml: .*ENOENT/,
  )
})

test('a password file is read at each use and its last newline dropped', async (t) => {
  const file = await write(t, 'endpoints:\n  - { engine: MySQL, host: a, user: u, passwordFile: pw }\n')
  const secretFile = join(file, '..', 'pw')
  await writeFile(secretFile, 'one two \n', { mode: 0o600 })
  const { endpoints, warnings } = loadConfiguration(file)
  assert.deepEqual(warnings, [])
  assert.equal(await endpoints[0]?.password(), 'one two ')
  await writeFile(secretFile, 'three\r\n')
  assert.equal(await endpoints[0]?.password(), 'three')
})

test('what others can read is warned of, and only where it holds a password', async (t) => {
  const open = await write(t, 'endpoints:\n  - { engine: MySQL, host: a, user: u, password: x }\n', 0o644)
  assert.match(loadConfiguration(open).warnings.join(), /others can read it; run: chmod 600/)
  const harmless = await write(t, 'endpoints:\n  - { engine: MySQL, host: a, user: u }\n', 0o644)
  assert.deepEqual(loadConfiguration(harmless).warnings, [])
})

test('a changed file counts at once, a broken one changes nothing', async (t) => {
  const file = await write(t, 'endpoints:\n  - { engine: MySQL, host: a, user: u }\n')
  const source = configurationSource(file, { log: silentLog() })
  const current = () => source.current()
  const first = current()
  assert.equal(current(), first)
  await writeFile(
    file,
    'endpoints:\n  - { engine: MySQL, host: a, user: u }\n  - { engine: MySQL, host: b, user: u }\n',
  )
  assert.equal(current().endpoints.length, 2)
  await writeFile(file, 'endpoints: [')
  assert.equal(current().endpoints.length, 2)
})
