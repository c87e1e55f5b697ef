import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fingerprintOf, type GatewayId, type TaskId, toTaskId } from '../../src/model/ids.ts'
import type { Outcome } from '../../src/model/listing.ts'
import { eventually } from '../fixtures/eventually.ts'
import { database, runApi, type RunningApi } from './running-api.ts'

const GET = 'GetDBListFromAgent'

async function create(api: RunningApi, options: { gateway?: GatewayId; DatabaseType?: string } = {}) {
  const gateway = options.gateway ?? (await api.addGateway())
  const params = { BackupGatewayId: String(gateway), DatabaseType: options.DatabaseType ?? 'MySQL' }
  const { body } = await api.call('CreateGetDBListFromAgentTask', params)
  const task = toTaskId(Number(body['TaskId']))
  assert.ok(task, JSON.stringify(body))
  return { gateway, task, TaskId: String(task) }
}

const failure = (code: string, message: string): Outcome => ({
  kind: 'failure',
  code,
  message,
  step: 'login',
  steps: [],
})

test('row 14: whatever is not found is byte for byte the same but for the RequestId', async () => {
  await using api = await runApi()
  const other = await api.addAccount()
  const { TaskId, gateway } = await create(api)
  const otherGateway = String(await api.addGateway())

  const asked: readonly (readonly [Record<string, string>, boolean])[] = [
    [{ TaskId: '100000000000000' }, false],
    [{ TaskId: '123456' }, false],
    [{ TaskId: '9'.repeat(19) }, false],
    [{ TaskId }, true],
    [{ TaskId, BackupGatewayId: otherGateway }, false],
    [{ TaskId, BackupGatewayId: '1' }, false],
    [{ TaskId, SourceEndpointRegion: 'elsewhere' }, false],
    [{ TaskId, BackupGatewayId: String(gateway), SourceEndpointRegion: 'elsewhere', WaitSeconds: '25' }, false],
  ]
  const answers = []
  for (const [params, foreign] of asked) {
    const answer = await api.call(GET, params, foreign ? { key: other.key } : {})
    assert.deepEqual([answer.status, answer.body['Code']], [404, 'Task.NotFound'], JSON.stringify(params))
    answers.push(JSON.stringify(answer.body).replaceAll(String(answer.body['RequestId']), ''))
  }
  assert.equal(new Set(answers).size, 1)

  const exact = { TaskId, BackupGatewayId: String(gateway), SourceEndpointRegion: 'default' }
  assert.equal((await api.call(GET, exact)).status, 200)
})

test('row 14: a task that is removed between the look at it and at its list is not found, and no empty list', async () => {
  const ours = { version: '2026-12-01' } as const
  for (const [action, options] of [
    [GET, {}],
    ['DescribeDatabases', ours],
    ['GetSignedResult', ours],
    ['GetTask', ours],
  ] as const) {
    await using api = await runApi()
    const { task, gateway, TaskId } = await create(api)
    await api.finish(gateway, task, [database('shop')])
    const { tasks } = api.store
    const afterRemoval =
      <A extends unknown[], R>(read: (...args: A) => Promise<R>) =>
      (...args: A) =>
        api.store.purge(Date.now() + 1_000, { taskMs: 0 }, 100).then(() => read(...args))
    Object.assign(tasks, {
      parts: afterRemoval(tasks.parts.bind(tasks)),
      evidence: afterRemoval(tasks.evidence.bind(tasks)),
      details: afterRemoval(tasks.details.bind(tasks)),
    })
    const { status, body } = await api.call(action, { TaskId }, options)
    assert.deepEqual([status, body['Code']], [404, 'Task.NotFound'], `${action}: ${JSON.stringify(body)}`)
  }
})

test('row 14: every task that is not found costs the store the same', async () => {
  await using api = await runApi()
  const other = await api.addAccount()
  const { TaskId } = await create(api)
  const calls: string[] = []
  const tasks = api.store.tasks
  const get = tasks.get.bind(tasks)
  Object.assign(tasks, {
    get: (...args: Parameters<typeof get>) => {
      calls.push('get')
      return get(...args)
    },
  })
  const count = async (params: Record<string, string>, key = api.key) => {
    calls.length = 0
    await api.call(GET, params, { key })
    return calls.join()
  }
  const unknown = await count({ TaskId: '100000000000000' })
  assert.equal(unknown, 'get')
  assert.equal(await count({ TaskId }, other.key), unknown)
  assert.equal(await count({ TaskId, SourceEndpointRegion: 'elsewhere' }), unknown)
  assert.equal(await count({ TaskId, BackupGatewayId: '1' }), unknown)
})

test('row 14: a TaskId is needed and has digits', async () => {
  await using api = await runApi()
  assert.equal((await api.call(GET)).body['Code'], 'MissingTaskId')
  assert.equal((await api.call(GET, { TaskId: 'x' })).body['Code'], 'InvalidTaskId')
})

test('row 15: queued and running are 200 with Success false, and say where the task is', async () => {
  await using api = await runApi()
  const { TaskId, gateway, task } = await create(api)
  const queued = await api.call(GET, { TaskId })
  assert.equal(queued.status, 200)
  const { RequestId: _, ErrMessage, ...rest } = queued.body
  assert.deepEqual(rest, { HttpStatusCode: 200, Success: false, ErrCode: 'Task.NotFinished', DbList: { dbName: [] } })
  assert.match(String(ErrMessage), new RegExp(`waiting for the backup gateway ${gateway} since \\d{4}-`))

  await start(api, gateway, task)
  const running = await api.call(GET, { TaskId })
  assert.equal(running.status, 200)
  assert.equal(running.body['ErrCode'], 'Task.NotFinished')
  assert.match(String(running.body['ErrMessage']), /running on the backup gateway \d+ since .*, at the step login\./)
})

test('row 15: a list is 200 with Success true, no ErrCode and no Code', async () => {
  await using api = await runApi()
  const { TaskId, gateway, task } = await create(api)
  await api.finish(gateway, task, [database('a'), database('crm_中文'), database('we`ird"name')])
  const { status, body } = await api.call(GET, { TaskId })
  assert.equal(status, 200)
  assert.deepEqual(Object.keys(body), [
    'RequestId',
    'HttpStatusCode',
    'Success',
    'DbList',
    'Visibility',
    'Warnings',
    'CollectedAt',
  ])
  assert.deepEqual([body['HttpStatusCode'], body['Success']], [200, true])
  assert.deepEqual(body['DbList'], { dbName: ['a', 'crm_中文', 'we`ird"name'] })
  assert.deepEqual([body['Visibility'], body['Warnings']], ['complete', { Warning: [] }])
  assert.equal(body['CollectedAt'], '2026-01-01T00:00:00.000Z')
})

test('row 15: an empty list is an empty list', async () => {
  await using api = await runApi()
  const { TaskId, gateway, task } = await create(api)
  await api.finish(gateway, task, [])
  const { body } = await api.call(GET, { TaskId })
  assert.deepEqual([body['Success'], body['DbList']], [true, { dbName: [] }])
})

test('row 15: warnings have their grant', async () => {
  await using api = await runApi()
  const { TaskId, gateway, task } = await create(api)
  await api.finish(gateway, task, {
    kind: 'listing',
    count: 0,
    visibility: 'partial',
    warnings: [
      { code: 'Privilege', message: 'some are hidden', grant: 'GRANT SHOW DATABASES ON *.* TO x' },
      { code: 'W', message: 'm' },
    ],
    server: { product: 'MariaDB', version: '11', role: 'unknown' },
    steps: [],
    // A clock of a gateway may say anything.
    collectedAt: Number.MAX_SAFE_INTEGER,
  })
  const { body } = await api.call(GET, { TaskId })
  assert.equal(body['Visibility'], 'partial')
  assert.deepEqual(body['Warnings'], {
    Warning: [
      { Code: 'Privilege', Message: 'some are hidden', Grant: 'GRANT SHOW DATABASES ON *.* TO x' },
      { Code: 'W', Message: 'm' },
    ],
  })
  assert.ok(!Number.isNaN(Date.parse(String(body['CollectedAt']))))
})

test('row 15: a failed task is 400 with its code in both sets', async () => {
  await using api = await runApi()
  const gateway = await api.addGateway()
  for (const [code, answered] of [
    ['Database.AuthenticationFailed', 'Database.AuthenticationFailed'],
    ['Endpoint.ConnectionRefused', 'Endpoint.ConnectionRefused'],
    // Of a newer gateway, and of one that lies.
    ['Database.Haunted', 'Internal'],
    ['Task.NotFinished', 'Internal'],
    ['__proto__', 'Internal'],
  ] as const) {
    const { task, TaskId } = await create(api, { gateway })
    await api.finish(gateway, task, failure(code, 'the server said no'))
    const { status, body } = await api.call(GET, { TaskId })
    assert.deepEqual([status, body['HttpStatusCode'], body['Success']], [400, 400, false])
    assert.deepEqual([body['Code'], body['ErrCode']], [answered, answered])
    assert.match(String(body['Message']), /the server said no/)
    assert.equal(body['ErrMessage'], body['Message'])
    assert.equal('DbList' in body, false)
  }
})

test('row 15: a cancelled task is 400', async () => {
  await using api = await runApi()
  const { TaskId, task } = await create(api)
  const { principal } = await api.accessKeys.find(api.key.accessKeyId)
  await api.store.tasks.cancel({ account: api.account, id: task, by: principal.id }, undefined)
  const { status, body } = await api.call(GET, { TaskId })
  assert.deepEqual([status, body['Code']], [400, 'Task.Cancelled'])
})

test('row 16: a wait ends with the task', async () => {
  await using api = await runApi()
  const { TaskId, gateway, task } = await create(api)
  const began = Date.now()
  const waiting = api.call(GET, { TaskId, WaitSeconds: '25' })
  await api.finish(gateway, task, [database('a')])
  assert.deepEqual((await waiting).body['DbList'], { dbName: ['a'] })
  assert.ok(Date.now() - began < 15_000)
})

test('row 16: a wait ends with its time, and 0 does not wait', async () => {
  await using api = await runApi()
  const { TaskId } = await create(api)
  const began = Date.now()
  assert.equal((await api.call(GET, { TaskId })).body['ErrCode'], 'Task.NotFinished')
  assert.ok(Date.now() - began < 900)
  assert.equal((await api.call(GET, { TaskId, WaitSeconds: '1' })).body['ErrCode'], 'Task.NotFinished')
  assert.ok(Date.now() - began >= 1_000)
  for (const WaitSeconds of ['26', '-1', '0.5']) {
    assert.equal((await api.call(GET, { TaskId, WaitSeconds })).body['Code'], 'InvalidWaitSeconds')
  }
})

test('row 16: closing the server ends a wait with what is there now', async () => {
  await using api = await runApi()
  const { TaskId } = await create(api)
  const waiting = api.call(GET, { TaskId, WaitSeconds: '25' })
  await eventually('a request is in work', () => api.server.running > 0)
  const began = Date.now()
  await api.server.close(10_000)
  assert.equal((await waiting).body['ErrCode'], 'Task.NotFinished')
  assert.ok(Date.now() - began < 5_000)
})

test('row 17: system databases only when asked for', async () => {
  await using api = await runApi()
  const { TaskId, gateway, task } = await create(api)
  await api.finish(gateway, task, [database('a'), database('mysql', { system: true }), database('z')])
  assert.deepEqual((await api.call(GET, { TaskId })).body['DbList'], { dbName: ['a', 'z'] })
  const all = await api.call(GET, { TaskId, IncludeSystemDatabases: 'True' })
  assert.deepEqual(all.body['DbList'], { dbName: ['a', 'mysql', 'z'] })
  assert.equal(
    (await api.call(GET, { TaskId, IncludeSystemDatabases: 'yes' })).body['Code'],
    'InvalidIncludeSystemDatabases',
  )
})

test('row 17: names are in the order of code points even where a gateway sent another', async () => {
  await using api = await runApi()
  const { TaskId, gateway, task } = await create(api)
  await api.finish(
    gateway,
    task,
    ['😀', 'ｚ', 'b', 'B', 'a'].map((name) => database(name)),
  )
  assert.deepEqual((await api.call(GET, { TaskId })).body['DbList'], { dbName: ['B', 'a', 'b', 'ｚ', '😀'] })
})

async function start(api: RunningApi, gateway: GatewayId, task: TaskId) {
  const [key] = await api.store.fleet.keys(gateway)
  assert.ok(key)
  const about = { hostname: 'h', address: '192.0.2.1', version: '0' }
  const session = await api.store.fleet.open({ gateway, instance: 'i', key: fingerprintOf(key), ...about })
  assert.equal(session.kind, 'open')
  const [claim] = await api.store.tasks.claim({ gateway, epoch: session.epoch }, { total: 1, perEndpoint: 1 })
  assert.equal(claim?.task, task)
  await api.store.tasks.accepted({ gateway, epoch: claim.epoch, attempt: claim.attempt })
  await api.store.tasks.steps([{ attempt: claim.attempt, step: 'login' }])
}
