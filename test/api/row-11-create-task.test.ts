import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DATABASE_TYPE_NAMES, DEFAULT_PORTS } from '../../src/model/database-type.ts'
import { toTaskId } from '../../src/model/ids.ts'
import { runApi, type RunningApi } from './running-api.ts'

const CREATE = 'CreateGetDBListFromAgentTask'

async function stored(api: RunningApi, params: Record<string, string>) {
  const { status, body } = await api.call(CREATE, params)
  assert.equal(status, 200, JSON.stringify(body))
  const id = toTaskId(Number(body['TaskId']))
  assert.ok(id)
  const task = await api.store.tasks.get(api.account, id)
  assert.ok(task)
  return task
}

test('row 11: the engine in any case; its port is filled in where an address is given', async () => {
  await using api = await runApi()
  const BackupGatewayId = String(await api.addGateway())
  for (const name of DATABASE_TYPE_NAMES) {
    for (const DatabaseType of [name, name.toUpperCase(), name.toLowerCase()]) {
      const task = await stored(api, { BackupGatewayId, DatabaseType, SourceEndpointIP: 'db' })
      assert.deepEqual([task.engine, task.host, task.port], [name, 'db', DEFAULT_PORTS[name]])
    }
  }
})

test('row 11: without an address the gateway’s only endpoint is meant, and no port is made up', async () => {
  await using api = await runApi()
  const BackupGatewayId = String(await api.addGateway())
  const alone = await stored(api, { BackupGatewayId, DatabaseType: 'MySQL' })
  assert.deepEqual([alone.host, alone.port], [undefined, undefined])
  const port = await stored(api, { BackupGatewayId, DatabaseType: 'MySQL', SourceEndpointPort: '3307' })
  assert.deepEqual([port.host, port.port], [undefined, 3307])
})

test('row 11: addresses are stored in one spelling', async () => {
  await using api = await runApi()
  const BackupGatewayId = String(await api.addGateway())
  for (const [SourceEndpointIP, host] of [
    [' DB-1.Example.COM. ', 'db-1.example.com'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['[::1]', '::1'],
    ['10.0.0.1', '10.0.0.1'],
  ] as const) {
    assert.equal((await stored(api, { BackupGatewayId, DatabaseType: 'MySQL', SourceEndpointIP })).host, host)
  }
})

test('row 11: each value that cannot be is refused by its name', async () => {
  await using api = await runApi()
  const fine = { BackupGatewayId: String(await api.addGateway()), DatabaseType: 'MySQL' }
  for (const [name, value] of [
    ['BackupGatewayId', 'abc'],
    ['BackupGatewayId', '-1'],
    ['BackupGatewayId', '1.5'],
    ['DatabaseType', 'MySQ'],
    ['SourceEndpointIP', 'http://db'],
    ['SourceEndpointIP', 'db:3306'],
    ['SourceEndpointIP', 'a b'],
    ['SourceEndpointPort', '0'],
    ['SourceEndpointPort', '65536'],
    ['SourceEndpointPort', '3306x'],
    ['SourceEndpointPort', '1e3'],
    ['SourceEndpointRegion', 'Default!'],
    ['DeliveryTimeoutSeconds', '0'],
    ['DeliveryTimeoutSeconds', '3601'],
    ['ExecutionTimeoutSeconds', '-5'],
    ['ExecutionTimeoutSeconds', 'soon'],
  ] as const) {
    const { status, body } = await api.call(CREATE, { ...fine, [name]: value })
    assert.deepEqual([status, body['Code']], [400, `Invalid${name}`], value)
    assert.match(String(body['Message']), new RegExp(`^Specified parameter ${name} is not valid\\. \\S`))
  }
})

test('row 11: deadlines are 60 seconds unless given, up to an hour', async () => {
  await using api = await runApi()
  const fine = { BackupGatewayId: String(await api.addGateway()), DatabaseType: 'MySQL' }
  const usual = await stored(api, fine)
  assert.deepEqual([usual.deliveryDeadline - usual.createdAt, usual.executionMs], [60_000, 60_000])
  const own = await stored(api, { ...fine, DeliveryTimeoutSeconds: '1', ExecutionTimeoutSeconds: '3600' })
  assert.deepEqual([own.deliveryDeadline - own.createdAt, own.executionMs], [1_000, 3_600_000])
})

test('row 11: the region, where given, is the gateway’s', async () => {
  await using api = await runApi()
  const fine = { BackupGatewayId: String(await api.addGateway({ region: 'eu-1' })), DatabaseType: 'MySQL' }
  assert.equal((await stored(api, { ...fine, SourceEndpointRegion: 'eu-1' })).region, 'eu-1')
  await stored(api, { ...fine, SourceEndpointRegion: '' })
  const { status, body } = await api.call(CREATE, { ...fine, SourceEndpointRegion: 'eu-2' })
  assert.deepEqual([status, body['Code']], [400, 'InvalidSourceEndpointRegion'])
})

test('row 12: the answer is the task and nothing else, and the task is in the store', async () => {
  await using api = await runApi()
  const params = { BackupGatewayId: String(await api.addGateway()), DatabaseType: 'MySQL' }
  const { body } = await api.call(CREATE, params)
  assert.deepEqual(Object.keys(body), ['RequestId', 'HttpStatusCode', 'Success', 'TaskId'])
  assert.deepEqual([body['HttpStatusCode'], body['Success']], [200, true])
  assert.ok(String(body['TaskId']).length <= 15)
  const task = await stored(api, params)
  assert.deepEqual([task.state, task.createdBy, task.account], ['Queued', `${api.account}:root`, api.account])
})

test('row 13: an unknown gateway and another account’s are the same', async () => {
  await using api = await runApi()
  const other = await api.addAccount()
  const foreign = String(await api.addGateway({ account: other.account }))
  const answers = []
  for (const BackupGatewayId of [foreign, '100000000000000', '160813', '9'.repeat(19)]) {
    const { status, body } = await api.call(CREATE, { BackupGatewayId, DatabaseType: 'MySQL' })
    assert.deepEqual([status, body['Code']], [404, 'BackupGateway.NotFound'])
    answers.push(JSON.stringify(body).replaceAll(String(body['RequestId']), ''))
  }
  assert.equal(new Set(answers).size, 1)
  assert.equal(
    (await api.call(CREATE, { BackupGatewayId: foreign, DatabaseType: 'MySQL' }, { key: other.key })).status,
    200,
  )
})

test('row 20: one token makes one task, also of fifty at a time; with other parameters it is a mismatch', async () => {
  await using api = await runApi()
  const params = { BackupGatewayId: String(await api.addGateway()), DatabaseType: 'mysql', ClientToken: 'token-1' }
  const answers = await Promise.all(Array.from({ length: 50 }, () => api.call(CREATE, params)))
  assert.equal(new Set(answers.map(({ body }) => body['TaskId'])).size, 1)
  assert.equal(new Set(answers.map(({ body }) => body['RequestId'])).size, 50)
  // Canonical: what is spelled differently or is the default anyway is no other request.
  const same = await api.call(
    CREATE,
    { ...params, DatabaseType: 'MySQL', DeliveryTimeoutSeconds: '60' },
    { method: 'POST' },
  )
  assert.equal(same.body['TaskId'], answers[0]?.body['TaskId'])

  for (const other of [
    { DatabaseType: 'MariaDB' },
    { SourceEndpointIP: 'db' },
    { DeliveryTimeoutSeconds: '61' },
    { ExecutionTimeoutSeconds: '61' },
  ]) {
    const { status, body } = await api.call(CREATE, { ...params, ...other })
    assert.deepEqual([status, body['Code']], [400, 'IdempotentParameterMismatch'])
  }
})

test('row 20: the token’s scope is the account; a failed request is not remembered', async () => {
  await using api = await runApi()
  const other = await api.addAccount()
  const mine = { BackupGatewayId: String(await api.addGateway()), DatabaseType: 'MySQL', ClientToken: 't' }
  const failed = await api.call(CREATE, { ...mine, BackupGatewayId: '100000000000000' })
  assert.equal(failed.body['Code'], 'BackupGateway.NotFound')
  const first = await api.call(CREATE, mine)
  assert.equal(first.status, 200)
  const theirs = { ...mine, BackupGatewayId: String(await api.addGateway({ account: other.account })) }
  const second = await api.call(CREATE, theirs, { key: other.key })
  assert.equal(second.status, 200)
  assert.notEqual(second.body['TaskId'], first.body['TaskId'])
})

test('row 20: a token has 1 to 64 ASCII characters, on reads too', async () => {
  await using api = await runApi()
  const BackupGatewayId = String(await api.addGateway())
  for (const ClientToken of ['', 'x'.repeat(65), 'é', 'a\nb']) {
    for (const [action, params] of [
      [CREATE, { BackupGatewayId, DatabaseType: 'MySQL' }],
      ['GetDBListFromAgent', { TaskId: '1' }],
      ['DescribeBackupGatewayList', {}],
    ] as const) {
      const { status, body } = await api.call(action, { ...params, ClientToken })
      assert.deepEqual([status, body['Code']], [400, 'InvalidClientToken.ValueNotSupported'], action)
    }
  }
  for (const ClientToken of ['x'.repeat(64), 'a b*~+&=%']) {
    assert.equal((await api.call(CREATE, { BackupGatewayId, DatabaseType: 'MySQL', ClientToken })).status, 200)
  }
})
