import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadConfiguration } from '../../src/gateway/configuration.ts'
import { checkEndpoints, type EndpointReport } from '../../src/gateway/doctor.ts'
import { PosternError } from '../../src/model/errors.ts'
import { collectingLog } from '../api/collecting-log.ts'
import { eventually } from '../fixtures/eventually.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { type Behaviour, inTestEngine, listingOf } from './in-test-engine.ts'
import { scratchFolder } from './scratch-folder.ts'

const SECRET = 's3cret-of-the-test'
const LIMITS = '{ total: 2, connectSeconds: 10, querySeconds: 30 }'

interface Bench extends Behaviour {
  readonly type?: string
  readonly hosts?: readonly string[]
  readonly resolver?: (name: string) => Promise<readonly string[]>
}

/** The check of endpoints on an engine without a server, by a clock that the test moves. */
async function check(
  context: TestContext,
  { hosts = ['10.0.0.1'], type = 'MySQL', resolver, ...behaviour }: Bench = {},
) {
  const file = join(await scratchFolder(context), 'gateway.yaml')
  const entries = hosts.map((host) => `  - { engine: ${type}, host: ${host}, user: u, password: ${SECRET} }\n`)
  await writeFile(file, `endpoints:\n${entries.join('')}limits: ${LIMITS}\n`, { mode: 0o600 })
  const configuration = loadConfiguration(file)
  const engine = inTestEngine(behaviour)
  const clock = manualClock()
  const { log, lines } = collectingLog()
  const checking = checkEndpoints(
    configuration.endpoints.map((endpoint) => ({ endpoint })),
    {
      configuration,
      engines: engine.engines,
      resolver: resolver ?? (async () => ['10.0.0.9']),
      clock,
      log,
    },
  )
  return { checking, clock, engine, lines }
}

const stepsOf = (report: EndpointReport | undefined) =>
  report?.steps.map(({ name, status }) => `${name}: ${status}`).join(', ')

const never = () => new Promise<never>(() => {})

test('a good endpoint: every step that it needs is ok, the list is counted, the session is closed', async (context) => {
  const { checking, engine } = await check(context)
  const [report] = await checking
  assert.equal(
    stepsOf(report),
    'configuration: ok, resolve: ok, connect: ok, tls: skipped, login: ok, privilege: skipped, list: ok',
  )
  assert.deepEqual([report?.result, report?.databases, report?.problems], ['complete', 2, []])
  assert.equal(report?.server?.product, 'In-test')
  assert.deepEqual([engine.opened, engine.open], [1, 0])
})

test('an engine that is a preview is marked, whatever the check finds, and others are not', async (context) => {
  const [preview] = await (await check(context, { maturity: 'preview' })).checking
  assert.equal(preview?.note, 'MySQL is a preview: it was never tried against a real server of the vendor')
  const [stable] = await (await check(context)).checking
  assert.equal(stable?.note, undefined)
})

test('a failure is told at its step with its mend, and what comes after it was not reached', async (context) => {
  const refusal = new PosternError('Database.AuthenticationFailed', { reason: `The server said: not ${SECRET}.` })
  const { checking } = await check(context, { login: () => Promise.reject(refusal) })
  const [report] = await checking
  assert.equal(
    stepsOf(report),
    'configuration: ok, resolve: ok, connect: ok, tls: skipped, login: failed, privilege: not reached, list: not reached',
  )
  assert.deepEqual(report?.problems, [
    {
      step: 'login',
      code: 'Database.AuthenticationFailed',
      message: 'The server refused the login. The server said: not ***.',
      mend: 'Check user, password and client certificate in the configuration of the gateway; where the message has other words of the server, mend what they name.',
    },
  ])
})

for (const visibility of ['partial', 'unknown'] as const) {
  test(`a list that is ${visibility} is a warning with its grant`, async (context) => {
    const warnings = [{ code: 'In-test.Missing', message: 'Something is missing.', grant: 'GRANT IT' }]
    const { checking } = await check(context, { list: async () => ({ ...listingOf('a'), visibility, warnings }) })
    const [report] = await checking
    assert.equal(report?.result, visibility)
    assert.equal(report?.steps.find(({ name }) => name === 'privilege')?.status, 'warning')
    assert.deepEqual(report?.problems, [
      { step: 'privilege', code: 'In-test.Missing', message: 'Something is missing.', mend: 'GRANT IT' },
    ])
  })
}

test('an engine that hangs is ended by the deadline of connecting and of one query', async (context) => {
  const { checking, clock, engine } = await check(context, { login: never })
  await eventually('it logs in', () => engine.dialled.length === 1)
  clock.advance(39_999)
  assert.equal(clock.pending, 1, 'the deadline of the whole')
  clock.advance(1)
  const [report] = await checking
  assert.equal(report?.problems[0]?.code, 'Task.ExecutionTimedOut')
  assert.match(report?.problems[0]?.message ?? '', /step `login`/)
})

test('a resolver that never answers is not waited for', async (context) => {
  const { checking, clock } = await check(context, { hosts: ['db.example.net'], resolver: never })
  await eventually('it waits for the resolver and for the whole', () => clock.pending === 2)
  clock.advance(10_000)
  const [report] = await checking
  assert.deepEqual([report?.problems[0]?.step, report?.problems[0]?.code], ['resolve', 'Endpoint.NameNotResolved'])
})

test('as many at a time as attempts may run; the reports are in the order of the file', async (context) => {
  const waiting: (() => void)[] = []
  let running = 0
  let most = 0
  const login = async () => {
    most = Math.max(most, ++running)
    await new Promise<void>((resolve) => waiting.push(resolve))
    running--
  }
  const hosts = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.1.0.0/24']
  const { checking } = await check(context, { hosts, login })
  // The last that began ends first.
  for (let ended = 0; ended < 4; ended++) {
    await eventually('all that may run do', () => waiting.length === Math.min(2, 4 - ended))
    waiting.pop()?.()
  }
  const reports = await checking
  assert.equal(most, 2)
  assert.deepEqual(
    reports.map(({ host, result }) => `${host} ${result}`),
    ['10.0.0.1 complete', '10.0.0.2 complete', '10.0.0.3 complete', '10.0.0.4 complete', '10.1.0.0/24 skipped'],
  )
})

test('a fault of ours: the report says where to look, the log has it, nothing has the password', async (context) => {
  const surprise = new TypeError(`surprise with ${SECRET}`)
  const { checking, lines } = await check(context, { login: () => Promise.reject(surprise) })
  const [report] = await checking
  assert.deepEqual(
    [report?.problems[0]?.code, report?.problems[0]?.message],
    ['Internal', 'A fault of ours. The log on standard error has the cause.'],
  )
  const logged = lines().join('\n')
  assert.match(logged, /surprise with \*\*\*/)
  assert.ok(!`${JSON.stringify(report)}${logged}`.includes(SECRET))
})
