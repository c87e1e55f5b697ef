import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { z } from 'zod'
import type { AttachedPolicy } from '../../src/access/authorise.ts'
import { newAccessKey } from '../../src/access/access-keys.ts'
import { fingerprintOf, type GatewayId, type TaskId, toPrincipalId, toTaskId } from '../../src/model/ids.ts'
import { type DatabaseRecord, type Outcome, STEP_NAMES } from '../../src/model/listing.ts'
import { database, runApi, type RunningApi } from './running-api.ts'

const OWN = { version: '2026-12-01' }
const ACTIONS = ['GetTask', 'CancelTask', 'DescribeDatabases'] as const

async function create(api: RunningApi, gateway: GatewayId, engine = 'MySQL') {
  const params = { BackupGatewayId: String(gateway), DatabaseType: engine, SourceEndpointIP: '10.0.0.12' }
  const { body } = await api.call('CreateGetDBListFromAgentTask', params)
  const task = toTaskId(Number(body['TaskId']))
  assert.ok(task, JSON.stringify(body))
  return task
}

const listed = z.object({
  Tasks: z.object({ Task: z.array(z.looseObject({ TaskId: z.number() })) }),
  NextToken: z.string().optional(),
})
async function list(api: RunningApi, params: Record<string, string> = {}) {
  const { status, body } = await api.call('ListTasks', params, OWN)
  assert.equal(status, 200, JSON.stringify(body))
  const { Tasks, NextToken } = listed.parse(body)
  return { ids: Tasks.Task.map(({ TaskId }) => TaskId), tasks: Tasks.Task, token: NextToken }
}

const described = z.object({
  Databases: z.object({ Database: z.array(z.looseObject({ Name: z.string() })) }),
  TotalCount: z.number(),
  NextToken: z.string().optional(),
})
async function describeAll(api: RunningApi, task: TaskId, more: Record<string, string> = {}) {
  const names: string[] = []
  let token: string | undefined
  let total = -1
  do {
    const params = { TaskId: String(task), ...more, ...(token !== undefined && { NextToken: token }) }
    const { status, body } = await api.call('DescribeDatabases', params, OWN)
    assert.equal(status, 200, JSON.stringify(body))
    const page = described.parse(body)
    names.push(...page.Databases.Database.map(({ Name }) => Name))
    total = page.TotalCount
    token = page.NextToken
  } while (token !== undefined)
  assert.equal(total, names.length)
  return names
}

const failedLogin: Outcome = {
  kind: 'failure',
  code: 'Database.AuthenticationFailed',
  message: 'The server refused the login.',
  step: 'login',
  steps: [
    { name: 'configuration', ms: 1, ok: true },
    { name: 'connect', ms: 2, ok: true },
    { name: 'login', ms: 3, ok: false },
  ],
}

const hour = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()

const ladder = (body: Record<string, unknown>) =>
  z
    .object({ Ladder: z.object({ Step: z.array(z.object({ Name: z.enum(STEP_NAMES), Status: z.string() })) }) })
    .parse(body)
    .Ladder.Step.map(({ Name, Status }) => `${Name}: ${Status}`)
    .join(', ')

async function start(api: RunningApi, gateway: GatewayId) {
  const [key] = await api.store.fleet.keys(gateway)
  assert.ok(key)
  const about = { hostname: 'h', address: '192.0.2.1', version: '0' }
  const session = await api.store.fleet.open({ gateway, instance: 'i', key: fingerprintOf(key), ...about })
  assert.equal(session.kind, 'open')
  const [claim] = await api.store.tasks.claim({ gateway, epoch: session.epoch }, { total: 1, perEndpoint: 1 })
  assert.ok(claim)
  await api.store.tasks.accepted({ gateway, epoch: claim.epoch, attempt: claim.attempt })
  await api.store.tasks.steps([{ attempt: claim.attempt, step: 'login' }])
}

/** May do everything with one gateway, and nothing with another. */
const readerOf = (gateway: GatewayId): AttachedPolicy => {
  const statement = { Effect: 'Allow', Action: 'postern:*', Resource: `acs:postern:*:*:backupgateway/${gateway}` }
  return { name: 'one', type: 'Custom', document: JSON.stringify({ Version: '1', Statement: [statement] }) }
}

test('row 14: what is not found, foreign or not permitted is the same but for the RequestId, for every action on a task', async () => {
  const attached: { policies: readonly AttachedPolicy[] } = { policies: [] }
  await using api = await runApi({ policiesOf: async () => attached.policies })
  const task = await create(api, await api.addGateway())
  attached.policies = [readerOf(await api.addGateway())]
  const other = await api.addAccount()
  const { id, secret } = newAccessKey()
  const principal = toPrincipalId(`${api.account}:user/nobody`)
  await api.store.access.createAccessKey({
    id,
    account: api.account,
    principal,
    sealedSecret: api.box.seal(secret, id),
  })
  const reader = { key: { accessKeyId: id, secret } }
  const TaskId = String(task)
  for (const action of ACTIONS) {
    const answers = []
    for (const [params, who] of [
      [{ TaskId: '100000000000000' }, {}],
      [{ TaskId: '7' }, {}],
      [{ TaskId }, { key: other.key }],
      [{ TaskId }, reader],
      [{ TaskId: '100000000000000' }, reader],
      [{ TaskId: '100000000000000', NextToken: 'x' }, {}],
    ] as const) {
      const { status, body } = await api.call(action, params, { ...OWN, ...who })
      assert.deepEqual([status, body['Code']], [404, 'Task.NotFound'], `${action} ${JSON.stringify(params)}`)
      answers.push(JSON.stringify(body).replaceAll(String(body['RequestId']), ''))
    }
    assert.equal(new Set(answers).size, 1)
    assert.equal((await api.call(action, {}, OWN)).body['Code'], 'MissingTaskId')
  }
  const denied = await api.call('ListTasks', {}, { ...OWN, ...reader })
  assert.deepEqual([denied.status, denied.body['Code']], [403, 'Request.Forbidden'])
  assert.partialDeepStrictEqual(denied.body['AccessDeniedDetail'], {
    AuthAction: 'postern:ListTasks',
    Resource: `acs:postern:*:${api.account}:backupgateway/*`,
    NoPermissionType: 'ImplicitDeny',
  })
  // Who may touch no gateway at all is told so, whether the task is there or not.
  attached.policies = []
  for (const action of ACTIONS) {
    for (const asked of [TaskId, '100000000000000']) {
      const { status, body } = await api.call(action, { TaskId: asked }, { ...OWN, ...reader })
      assert.deepEqual([status, body['Code']], [403, 'Request.Forbidden'], `${action} ${asked}`)
    }
  }
})

test('GetTask tells of a task that waits, runs, failed, succeeded or was stopped', async () => {
  await using api = await runApi()
  const gateway = await api.addGateway()
  const get = async (task: TaskId) => (await api.call('GetTask', { TaskId: String(task) }, OWN)).body

  const task = await create(api, gateway)
  const queued = await get(task)
  const { TaskStatus, BackupGatewayId, DatabaseType, SourceEndpointIP, SourceEndpointPort, Attempts, Region } = queued
  assert.deepEqual(
    { TaskStatus, BackupGatewayId, DatabaseType, SourceEndpointIP, SourceEndpointPort, Attempts, Region },
    {
      TaskStatus: 'Queued',
      BackupGatewayId: gateway,
      DatabaseType: 'MySQL',
      SourceEndpointIP: '10.0.0.12',
      SourceEndpointPort: 3306,
      Attempts: { Attempt: [] },
      Region: 'default',
    },
  )
  assert.match(String(queued['CreatedByRequestId']), /^[0-9A-F-]{36}$/)
  assert.equal(ladder(queued), STEP_NAMES.map((name) => `${name}: not reached`).join(', '))

  await start(api, gateway)
  const running = await get(task)
  assert.deepEqual([running['TaskStatus'], running['CurrentStep']], ['Running', 'login'])
  assert.match(ladder(running), /tls: passed, login: running, privilege: not reached/)
  assert.ok(running['ExecutionDeadline'])

  const cancelled = await api.call('CancelTask', { TaskId: String(task) }, OWN)
  assert.deepEqual([cancelled.status, cancelled.body['TaskStatus']], [200, 'Cancelled'])
  const stopped = await get(task)
  assert.equal(stopped['CancelledBy'], `${api.account}:root`)
  assert.match(ladder(stopped), /login: failed, privilege: not reached/)

  const refused = await create(api, gateway)
  await api.finish(gateway, refused, failedLogin)
  const failed = await get(refused)
  assert.equal(
    ladder(failed),
    'configuration: ok, resolve: skipped, connect: ok, tls: skipped, login: failed, privilege: not reached, list: not reached',
  )
  assert.deepEqual(failed['Failure'], {
    Code: 'Database.AuthenticationFailed',
    Message: 'The server refused the login.',
    Mend: 'Check user, password and client certificate in the configuration of the gateway; where the message has other words of the server, mend what they name.',
  })
  assert.equal(failed['ResultSignature'], 'unchecked')

  const good = await create(api, gateway)
  await api.finish(gateway, good, [database('a')])
  const done = await get(good)
  assert.deepEqual(
    [done['TaskStatus'], done['Visibility'], done['DatabaseCount'], done['ServerVersion'], done['ServerRole']],
    ['Succeeded', 'complete', 1, '11.4.2', 'primary'],
  )
  assert.deepEqual(done['Warnings'], { Warning: [] })
})

test('row 26: CancelTask is final at once, answers an ended task as it is, and burns its nonce', async () => {
  await using api = await runApi()
  const gateway = await api.addGateway()
  const task = await create(api, gateway)
  const nonce = randomUUID()
  const first = await api.call('CancelTask', { TaskId: String(task) }, { ...OWN, nonce })
  assert.deepEqual([first.status, first.body['TaskStatus']], [200, 'Cancelled'])
  assert.match(String(first.body['EndedAt']), /Z$/)
  await api.restart()
  const replayed = await api.call('CancelTask', { TaskId: String(task) }, { ...OWN, nonce })
  assert.equal(replayed.body['Code'], 'SignatureNonceUsed')
  const again = await api.call('CancelTask', { TaskId: String(task) }, OWN)
  assert.equal(again.body['EndedAt'], first.body['EndedAt'])

  const done = await create(api, gateway)
  await api.finish(gateway, done, [database('a')])
  const late = await api.call('CancelTask', { TaskId: String(done) }, OWN)
  assert.deepEqual([late.status, late.body['TaskStatus']], [200, 'Succeeded'])
})

test('ListTasks: newest first, page by page while tasks are added, by gateway, status, engine and time', async () => {
  await using api = await runApi()
  const [one, two] = [await api.addGateway(), await api.addGateway()]
  const other = await api.addAccount()
  const foreign = await api.addGateway({ account: other.account })
  const made: TaskId[] = []
  for (let i = 0; i < 7; i++) made.push(await create(api, i % 2 === 0 ? one : two, i === 3 ? 'Redis' : 'MySQL'))
  const newest = made.toReversed()
  assert.deepEqual((await list(api)).ids, newest)

  const first = await list(api, { MaxResults: '3' })
  await create(api, one)
  const second = await list(api, { MaxResults: '3', NextToken: first.token ?? '' })
  const third = await list(api, { MaxResults: '3', NextToken: second.token ?? '' })
  assert.deepEqual([...first.ids, ...second.ids, ...third.ids], newest)
  assert.equal(third.token, undefined)

  const cancelled = made[1]
  await api.call('CancelTask', { TaskId: String(cancelled) }, OWN)
  const found = await list(api, { TaskStatus: 'cancelled, TimedOut' })
  assert.deepEqual(found.ids, [cancelled])
  assert.equal(found.tasks[0]?.['TaskStatus'], 'Cancelled')
  assert.deepEqual((await list(api, { DatabaseType: 'redis' })).ids, [made[3]])
  assert.deepEqual((await list(api, { BackupGatewayId: String(two) })).ids, [made[5], made[3], made[1]])
  for (const BackupGatewayId of [String(foreign), '7']) assert.deepEqual((await list(api, { BackupGatewayId })).ids, [])
  assert.equal((await list(api, { CreatedAfter: hour(-1), CreatedBefore: hour(1) })).ids.length, 8)
  assert.deepEqual((await list(api, { CreatedAfter: hour(1) })).ids, [])
  assert.deepEqual((await list(api, { CreatedBefore: hour(-1) })).ids, [])
})

test('a NextToken is bound to the account and the filters; one that is made up is refused with its reason', async () => {
  await using api = await runApi()
  const gateway = await api.addGateway()
  const other = await api.addAccount()
  for (let i = 0; i < 3; i++) await create(api, gateway)
  const { token = '' } = await list(api, { MaxResults: '1' })
  const ask = (params: Record<string, string>, more = {}) => api.call('ListTasks', params, { ...OWN, ...more })
  for (const [answer, reason] of [
    [await ask({ NextToken: token, TaskStatus: 'Queued' }), /belongs to another list/],
    [await ask({ NextToken: token, BackupGatewayId: String(gateway) }), /belongs to another list/],
    [await ask({ NextToken: token }, { key: other.key }), /belongs to another list/],
    [await ask({ NextToken: 'x' }), /not one that this server gave out/],
    [await ask({ NextToken: `${token}=` }), /not one that this server gave out/],
    [await ask({ NextToken: Buffer.from('["x",[-1,2]]').toString('base64url') }), /not one that this server gave out/],
    [await ask({ NextToken: 'x'.repeat(9_000) }), /not one that this server gave out/],
  ] as const) {
    assert.deepEqual([answer.status, answer.body['Code']], [400, 'InvalidNextToken'])
    assert.match(String(answer.body['Message']), reason)
  }
  assert.equal((await ask({ NextToken: token, MaxResults: '100' })).status, 200, 'another size of page is fine')
  for (const [name, value] of [
    ['MaxResults', '101'],
    ['TaskStatus', 'Lost'],
    ['TaskStatus', 'Failed,Failed'],
    ['CreatedAfter', 'yesterday'],
    ['CreatedBefore', '2026-13-01'],
    ['DatabaseType', 'dBase'],
  ] as const) {
    assert.equal((await ask({ [name]: value })).body['Code'], `Invalid${name}`)
  }
})

test('DescribeDatabases: every field that is known, exact bytes where XML or UTF-8 cannot hold a name', async () => {
  await using api = await runApi()
  const gateway = await api.addGateway()
  const task = await create(api, gateway)
  const TaskId = String(task)
  const early = await api.call('DescribeDatabases', { TaskId }, OWN)
  assert.deepEqual([early.status, early.body['Success'], early.body['ErrCode']], [200, false, 'Task.NotFinished'])
  const rich: DatabaseRecord = database('crm', {
    owner: 'alice',
    charset: 'utf8mb4',
    collation: 'utf8mb4_bin',
    state: 'ONLINE',
    connectable: true,
    readOnly: false,
    recoveryModel: 'FULL',
    snapshotOf: 'crm_0600',
    sizeBytes: 7,
  })
  const odd = [
    database('a\u0001b'),
    database('b\ufffd', { nameBase64: 'Yv8=' }),
    rich,
    database('mysql', { system: true }),
  ]
  await api.finish(gateway, task, [...odd, database('😀')])
  const { body } = await api.call('DescribeDatabases', { TaskId }, OWN)
  const { RequestId: _, ...rest } = body
  assert.deepEqual(rest, {
    HttpStatusCode: 200,
    Success: true,
    Databases: {
      Database: [
        { Name: 'a\u0001b', NameBase64: 'YQFi', Kind: 'database', System: false },
        { Name: 'b\ufffd', NameBase64: 'Yv8=', Kind: 'database', System: false },
        {
          Name: 'crm',
          Kind: 'database',
          System: false,
          Owner: 'alice',
          Charset: 'utf8mb4',
          Collation: 'utf8mb4_bin',
          State: 'ONLINE',
          Connectable: true,
          ReadOnly: false,
          RecoveryModel: 'FULL',
          SnapshotOf: 'crm_0600',
          SizeBytes: 7,
        },
        { Name: '😀', Kind: 'database', System: false },
      ],
    },
    TotalCount: 4,
    Visibility: 'complete',
    Warnings: { Warning: [] },
    CollectedAt: '2026-01-01T00:00:00.000Z',
    ServerProduct: 'MariaDB',
    ServerVersion: '11.4.2',
    ServerRole: 'primary',
  })

  const refused = await create(api, gateway)
  await api.finish(gateway, refused, failedLogin)
  const failed = await api.call('DescribeDatabases', { TaskId: String(refused) }, OWN)
  assert.deepEqual([failed.status, failed.body['Code']], [400, 'Database.AuthenticationFailed'])
})

test('row 17: DescribeDatabases has the same order, page by page, with and without system databases and a filter', async () => {
  await using api = await runApi()
  const gateway = await api.addGateway()
  const task = await create(api, gateway)
  const names = Array.from({ length: 25 }, (_, i) => `n${(i * 7) % 25}`)
  await api.finish(gateway, task, [
    ...names.map((name) => database(name)),
    database('ｚ'),
    database('😀'),
    database('m', { system: true }),
  ])
  const sorted = names.toSorted((a, b) => (a < b ? -1 : 1))
  assert.deepEqual(await describeAll(api, task, { MaxResults: '4' }), [...sorted, 'ｚ', '😀'])
  const all = await describeAll(api, task, { MaxResults: '28', IncludeSystemDatabases: 'true' })
  assert.deepEqual(all, ['m', ...sorted, 'ｚ', '😀'])
  assert.deepEqual(await describeAll(api, task, { MaxResults: '1', NameContains: 'n2' }), [
    'n2',
    'n20',
    'n21',
    'n22',
    'n23',
    'n24',
  ])
  assert.deepEqual(await describeAll(api, task, { NameContains: 'nothing' }), [])
  const TaskId = String(task)
  const first = await api.call('DescribeDatabases', { TaskId, MaxResults: '4' }, OWN)
  const moved = { TaskId, NextToken: String(first.body['NextToken']), NameContains: 'n' }
  assert.equal((await api.call('DescribeDatabases', moved, OWN)).body['Code'], 'InvalidNextToken')
})

test('100,000 databases are paged without reading the list again for each page', async () => {
  await using api = await runApi()
  const gateway = await api.addGateway()
  const task = await create(api, gateway)
  const records = Array.from({ length: 100_000 }, (_, i) =>
    database(`shop_${String(i).padStart(6, '0')}`, { owner: 'x' }),
  )
  await api.finish(gateway, task, records)
  let reads = 0
  const { tasks } = api.store
  const parts = tasks.parts.bind(tasks)
  Object.assign(tasks, {
    parts: (...args: Parameters<typeof parts>) => {
      reads++
      return parts(...args)
    },
  })
  const began = performance.now()
  const names = await describeAll(api, task, { MaxResults: '1000' })
  const ms = performance.now() - began
  assert.equal(names.length, 100_000)
  assert.equal(names.at(-1), 'shop_099999')
  assert.equal(reads, 1)
  assert.ok(ms < 10_000, `100 pages took ${Math.round(ms)} ms`)
})
