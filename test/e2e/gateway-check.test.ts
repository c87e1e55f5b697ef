import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { z } from 'zod'
import {
  IN_THE_FILE,
  NOT_FAILED,
  TRIED,
  type CaseName,
  type TroubleCase,
} from '../../scripts/docs/troubleshooting-cases.ts'
import { EXAMPLE } from '../../scripts/docs/troubleshooting-page.ts'
import { systemClock } from '../../src/base/clock.ts'
import { ConfigurationError } from '../../src/base/configuration-error.ts'
import { silentLog } from '../../src/base/log.ts'
import { EXIT } from '../../src/cli/exit-code.ts'
import { ENGINES } from '../../src/engines/list.ts'
import { loadConfiguration } from '../../src/gateway/configuration.ts'
import { checkEndpoints, type EndpointReport } from '../../src/gateway/doctor.ts'
import { ERRORS, isDiscoveryErrorCode } from '../../src/model/errors.ts'
import { STEP_NAMES } from '../../src/model/listing.ts'
import { findMariadb } from '../fixtures/mariadb.ts'
import { findPostgresql } from '../fixtures/postgresql.ts'
import { postern } from '../fixtures/process.ts'
import { brokenSetUps, PASSWORD, type SetUps } from './broken-set-ups.ts'

/** The shape that the guide documents: a field that is missing or new fails here first. */
const step = z.strictObject({
  name: z.enum(STEP_NAMES),
  status: z.enum(['ok', 'warning', 'failed', 'not reached', 'skipped']),
  ms: z.number().int().nonnegative().optional(),
})
const printed = z.strictObject({
  configuration: z.string(),
  warnings: z.array(z.string()),
  endpoints: z.array(
    z.strictObject({
      name: z.string(),
      engine: z.string(),
      host: z.string(),
      port: z.number().int(),
      note: z.string().optional(),
      result: z.enum(['complete', 'partial', 'unknown', 'failed', 'skipped']),
      reason: z.string().optional(),
      steps: z.array(step),
      problems: z.array(
        z.strictObject({
          step: z.enum(STEP_NAMES),
          code: z.string(),
          message: z.string(),
          mend: z.string().optional(),
        }),
      ),
      server: z.strictObject({ product: z.string(), version: z.string(), role: z.string() }).optional(),
      databases: z.number().int().optional(),
    }),
  ),
})

const MISSING_GRANTS = [
  'missing grant',
  'missing grant of MongoDB',
  'missing grant of Oracle',
  'missing grant of SQL Server',
] as const

const skip = (findMariadb() === undefined || findPostgresql() === undefined) && 'MariaDB or PostgreSQL is not there'

describe('gateway check on real servers', { skip }, () => {
  let setUps: SetUps
  before(async () => {
    setUps = await brokenSetUps()
  })
  after(() => setUps[Symbol.asyncDispose]())

  const write = async (entries: readonly string[]) => {
    const file = join(setUps.folder, 'gateway.yaml')
    const list = entries.map((entry) => `  - ${entry}\n`).join('')
    const limits = 'limits: { connectSeconds: 2, querySeconds: 5 }\n'
    await writeFile(file, `endpoints:\n${list}${limits}`, { mode: 0o600 })
    return file
  }

  const check = async (name: CaseName): Promise<EndpointReport> => {
    const configuration = loadConfiguration(await write([setUps.entries[name]]))
    const [report] = await checkEndpoints(
      configuration.endpoints.map((endpoint) => ({ endpoint })),
      { configuration, engines: ENGINES, resolver: resolverOfTheTest, clock: systemClock(), log: silentLog() },
    )
    assert.ok(report)
    assert.ok(!JSON.stringify(report).includes('-of-the-test'), 'no password')
    return report
  }

  for (const [name, { says, at }] of entriesOf(TRIED)) {
    test(`${name}: ${at?.code} at ${at?.step}`, async () => {
      const report = await check(name)
      const [problem, ...more] = report.problems
      assert.equal(report.result, 'failed')
      assert.deepEqual(more, [])
      assert.match(problem?.message ?? '', pattern(says))
      assert.deepEqual({ step: problem?.step, code: problem?.code }, at)
      const code = problem?.code ?? ''
      assert.equal(problem?.mend, isDiscoveryErrorCode(code) ? ERRORS[code].mend : undefined)
      const failed = report.steps.findIndex(({ status }) => status === 'failed')
      assert.equal(report.steps[failed]?.name, at?.step)
      assert.ok(report.steps.slice(failed + 1).every(({ status }) => status === 'not reached'))
      assert.ok(report.steps.slice(0, failed).every(({ status }) => status === 'ok' || status === 'skipped'))
    })
  }

  for (const name of MISSING_GRANTS) {
    test(`${name}: the list is partial, and the grant is the one to run`, async () => {
      const { says, mend, at } = NOT_FAILED[name]
      const report = await check(name)
      assert.equal(report.result, 'partial', JSON.stringify(report))
      const [problem] = report.problems
      assert.equal(problem?.code, at.code)
      assert.match(problem?.message ?? '', pattern(says))
      assert.match(problem?.mend ?? '', pattern(mend))
      assert.equal(problem?.step, at.step)
      assert.equal(report.steps.find((each) => each.name === at.step)?.status, 'warning')
    })
  }

  test('a range without an address is skipped and says how it is tried', async () => {
    const report = await check('range without address')
    assert.equal(report.reason, NOT_FAILED['range without address'].says)
    assert.deepEqual([report.result, report.steps, report.problems], ['skipped', [], []])
  })

  for (const [name, { says }] of entriesOf(IN_THE_FILE)) {
    test(`${name}: told with its line, before anything is dialled`, async () => {
      const earlier = name === 'duplicate endpoint' ? [setUps.entries['good MariaDB']] : []
      const file = await write([...earlier, setUps.entries[name]])
      assert.throws(
        () => loadConfiguration(file),
        (error) => {
          assert.ok(error instanceof ConfigurationError)
          assert.deepEqual(error.problems.length, 1, error.message)
          assert.match(error.problems[0]?.message ?? '', pattern(says))
          assert.equal(error.problems[0]?.line, earlier.length + 2)
          assert.ok(!error.message.includes('-of-the-test'), 'no password')
          return true
        },
      )
    })
  }

  test('the command: all complete is 0, one that is not is 1 and named; the table and JSON say the same', async () => {
    const good = [setUps.entries['good MariaDB'], setUps.entries['good PostgreSQL']]
    const fine = await postern(['gateway', 'check', '--config', await write(good)])
    assert.equal(fine.code, EXIT.done, fine.stderr)
    assert.match(fine.stdout, /^MariaDB@127\.0\.0\.1:\d+ \(MariaDB at 127\.0\.0\.1:\d+\): complete, \d+ databases/)
    assert.match(fine.stdout, /^tls +ok +\d+ ms$/m)
    assert.match(fine.stdout, /\n2 endpoints: 2 complete\n$/)

    const partial = setUps.entries['missing grant'].replace('MariaDB', 'MySQL')
    const bad = [...good, partial, setUps.entries['TLS refused'], setUps.entries['range without address']]
    const file = await write(bad)
    const asTable = await postern(['gateway', 'check', '--config', file])
    assert.equal(asTable.code, EXIT.failed)
    assert.match(asTable.stdout, /^ {2}to mend: GRANT SHOW DATABASES ON \*\.\* TO `narrow`@`127\.0\.0\.1`$/m)
    assert.match(asTable.stdout, /\n5 endpoints: 2 complete, 1 partial, 1 failed, 1 skipped\n$/)
    assert.match(asTable.stderr, /^Not as it should be: MySQL@\S+ \(partial\), PostgreSQL@\S+ \(failed\)\n$/)
    const asJson = await postern(['gateway', 'check', '--config', file, '--output', 'json'])
    assert.equal(asJson.code, EXIT.failed)
    const { endpoints, configuration } = printed.parse(JSON.parse(asJson.stdout))
    assert.equal(configuration, file)
    assert.deepEqual(
      endpoints.map(({ result }) => result),
      ['complete', 'complete', 'partial', 'failed', 'skipped'],
    )
    assert.deepEqual(
      endpoints.flatMap(({ engine, note }) => (note === undefined ? [] : [[engine, note]])),
      [['MySQL', 'MySQL is a preview: it was never tried against a real server of the vendor']],
      'MariaDB and PostgreSQL are none',
    )
    printed.parse(EXAMPLE)
    for (const { stdout, stderr } of [fine, asTable, asJson]) assert.ok(!`${stdout}${stderr}`.includes(PASSWORD))
  })

  test('the command: one endpoint, a range by an address, and what is no usage', async () => {
    const range = setUps.entries['good MariaDB'].replace('127.0.0.1', '127.0.0.0/8').replace('{ ', '{ name: plant, ')
    const exact = setUps.entries['good PostgreSQL'].replace('{ ', '{ name: exact, ')
    const own = setUps.entries['good MariaDB'].replace('127.0.0.1', '127.0.0.3').replace('{ ', '{ name: own, ')
    const at = ['gateway', 'check', '--config', await write([range, exact, own])]
    const one = await postern([...at, '--endpoint', 'exact', '--host', '127.0.0.1'])
    assert.equal(one.code, EXIT.done, one.stderr)
    assert.match(one.stdout, /\n1 endpoint: 1 complete\n$/)
    const loopback = await postern([...at, '--endpoint', 'plant', '--host', '127.0.0.2'])
    assert.equal(loopback.code, EXIT.failed)
    assert.match(loopback.stdout, /^resolve +failed[^]*Endpoint\.NotAllowed: .*127\.0\.0\.2 \(loopback\)/m)
    const usages: readonly (readonly [readonly string[], RegExp])[] = [
      [['--endpoint', 'plnt'], /Did you mean plant\?/],
      [['--endpoint', 'plant'], /is the range 127\.0\.0\.0\/8: give --host/],
      [['--endpoint', 'plant', '--host', 'name'], /one address/],
      [['--endpoint', 'plant', '--host', '127.0.0.3'], /as the endpoint own/],
      [['--endpoint', 'exact', '--host', '127.0.0.9'], /is at 127\.0\.0\.1/],
      [['--host', '127.0.0.9'], /give --endpoint/],
      [['--output', 'xml'], /table or json/],
    ]
    await Promise.all(
      usages.map(async ([args, said]) => {
        const { code, stderr, stdout } = await postern([...at, ...args])
        assert.deepEqual([code, stdout], [EXIT.usage, ''], args.join(' '))
        assert.match(stderr, said)
      }),
    )
    const broken = await postern(['gateway', 'check', '--config', await write([setUps.entries['unknown key']])])
    assert.equal(broken.code, EXIT.usage)
    assert.match(broken.stderr, /gateway\.yaml:2:\d+: unknown key `hots`; did you mean `host`\?/)
  })

  test('the script of gateway grants: that user gets a complete list, and one statement fewer a partial one', async () => {
    const { mariadb } = setUps
    await mariadb.query(`CREATE USER 'od\`d'@'127.0.0.1' IDENTIFIED BY '${PASSWORD}'`)
    const entry = setUps.entries['good MariaDB'].replace('user: lister', "user: 'od`d'")
    const run = async () => postern(['gateway', 'check', '--config', await write([entry]), '--output', 'json'])
    const grants = ['gateway', 'grants', '--engine', 'mariadb', '--user', 'od`d', '--host', '127.0.0.1']
    const script = await postern(grants)
    assert.equal(script.code, EXIT.done, script.stderr)
    const statements = script.stdout.split(/;\n/).filter((text) => text !== '')
    for (const statement of statements.slice(0, -1)) await mariadb.query(statement)
    const fewer = await run()
    assert.deepEqual([fewer.code, resultOf(fewer.stdout)], [EXIT.failed, 'partial'])
    // With its comment, as a client sends it.
    await mariadb.query(statements.at(-1) ?? '')
    const all = await run()
    assert.deepEqual([all.code, resultOf(all.stdout)], [EXIT.done, 'complete'])
    const given = await mariadb.query("SHOW GRANTS FOR 'od`d'@'127.0.0.1'")
    assert.match(JSON.stringify(given), /GRANT SHOW DATABASES ON \*\.\* TO/)
    assert.equal(given.length, 1, 'and nothing else')
  })

  test('the script of gateway grants on PostgreSQL: the user who could connect to nothing gets a complete list', async () => {
    const script = await postern(['gateway', 'grants', '--engine', 'PostgreSQL', '--user', 'unconnected'])
    await setUps.postgresql.query(script.stdout)
    const report = await check('no CONNECT')
    assert.deepEqual([report.result, report.problems], ['complete', []])
  })
})

test('gateway grants refuses what is no engine and no user', async () => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['--engine', 'Sybase', '--user', 'u'], /MySQL, MariaDB, DRDS, PostgreSQL/],
    [['--engine', 'MySQL', '--user', 'a\nb'], /--user/],
    [['--engine', 'MySQL', '--user', 'u', '--host', 'a@b'], /--host/],
    [['--engine', 'MySQL', '--user', 'u', '--auth-mechanism', 'MONGODB-X509'], /for MongoDB only/],
    [['--engine', 'MongoDB', '--user', 'u', '--auth-mechanism', 'PLAIN'], /SCRAM-SHA-256/],
  ]
  for (const [args, said] of wrong) {
    const { code, stdout, stderr } = await postern(['gateway', 'grants', ...args])
    assert.deepEqual([code, stdout], [EXIT.usage, ''])
    assert.match(stderr, said)
  }
})

const resultOf = (stdout: string) => printed.parse(JSON.parse(stdout)).endpoints[0]?.result

/** The names of the test, so that no network is asked. */
const resolverOfTheTest = async (name: string) => {
  if (name === 'db.example.net') return ['127.0.0.1']
  throw Object.assign(new Error(`no ${name}`), { code: 'ENOTFOUND' })
}

function entriesOf<N extends CaseName>(
  cases: Readonly<Record<N, TroubleCase>>,
): readonly (readonly [N, TroubleCase])[] {
  const isCase = (name: string): name is N => Object.hasOwn(cases, name)
  return Object.keys(cases)
    .filter(isCase)
    .map((name) => [name, cases[name]])
}

/** `{…}` is anything but nothing; the rest is letter by letter. */
function pattern(says: string): RegExp {
  const parts = says.split(/\{[^}]+\}/).map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${parts.join('.+')}$`)
}
