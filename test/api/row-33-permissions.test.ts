import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { newAccessKey } from '../../src/access/access-keys.ts'
import { encodeParameters, type SigningKey, signedParametersV1 } from '../../src/access/signature-v1.ts'
import { type GatewayId, type TaskId, toPrincipalId, toTaskId } from '../../src/model/ids.ts'
import type { StatementText } from '../access/policy-cases.ts'
import { type Answer, database, runApi, type RunningApi, send, type RunOptions } from './running-api.ts'

const UNKNOWN = '100000000000000'
const CREATE = 'CreateGetDBListFromAgentTask'
const GET = 'GetDBListFromAgent'

interface World {
  readonly api: RunningApi
  /** Of a user, who has no permission but the statements of `may`. */
  readonly key: SigningKey
  readonly may: (statements: readonly StatementText[]) => void
  /** In the region `eu`, with a task for MySQL. */
  readonly mine: Place
  /** In the region `us`, with a task for Redis. */
  readonly other: Place
}
interface Place {
  readonly gateway: GatewayId
  readonly task: TaskId
}

async function openWorld(stack: AsyncDisposableStack, options: RunOptions = {}): Promise<World> {
  let document = ''
  const api = stack.use(
    await runApi({
      ...options,
      policiesOf: async () => (document === '' ? [] : [{ name: 'p', type: 'Custom', document }]),
    }),
  )
  const user = newAccessKey()
  const sealedSecret = api.box.seal(user.secret, user.id)
  const principal = toPrincipalId(`${api.account}:user/ada`)
  await api.store.access.createAccessKey({ id: user.id, account: api.account, principal, sealedSecret })
  const place = async (region: string, engine: string) => {
    const gateway = await api.addGateway({ region })
    const asked = { BackupGatewayId: String(gateway), DatabaseType: engine, SourceEndpointIP: '10.0.0.12' }
    const task = toTaskId(Number((await api.call(CREATE, asked)).body['TaskId'])) ?? assert.fail()
    await api.finish(gateway, task, [database('shop')])
    return { gateway, task }
  }
  return {
    api,
    key: { accessKeyId: user.id, secret: user.secret },
    may(statements) {
      document = statements.length === 0 ? '' : JSON.stringify({ Version: '1', Statement: statements })
    },
    mine: await place('eu', 'mysql'),
    other: await place('us', 'redis'),
  }
}

const on = (resource: string, more: object = {}): StatementText => ({
  Effect: 'Allow',
  Action: 'dbs:*',
  Resource: resource,
  ...more,
})
const not = (resource: string, more: object = {}): StatementText => ({ ...on(resource, more), Effect: 'Deny' })
const gatewayOf = ({ gateway }: Place) => `acs:dbs:*:*:backupgateway/${gateway}`

/** Alike byte for byte, but for the RequestId and the id that the caller sent. */
function assertAlike(a: Answer, b: Answer, ids: readonly string[]): void {
  const plain = ({ status, body }: Answer) => {
    const text = JSON.stringify({ status, body }).replaceAll(String(body['RequestId']), 'R')
    return ids.reduce((all, id) => all.replaceAll(id, 'ID'), text)
  }
  assert.equal(plain(a), plain(b))
}

const NO = 'Request.Forbidden'
const HIDDEN = 'Task.NotFound'
const ABSENT = 'BackupGateway.NotFound'

interface Row {
  readonly may: string
  readonly statements: (world: World) => readonly StatementText[]
  /** Of her gateway, of the other one, of one that nobody has. */
  readonly answers: readonly [mine: string, other: string, unknown: string]
}

const READING: readonly Row[] = [
  { may: 'nothing', statements: () => [], answers: [NO, NO, NO] },
  { may: 'everything', statements: () => [on('*')], answers: ['OK', 'OK', HIDDEN] },
  { may: 'one gateway', statements: ({ mine }) => [on(gatewayOf(mine))], answers: ['OK', HIDDEN, HIDDEN] },
  {
    may: 'all but one gateway',
    statements: ({ other }) => [on('*'), not(gatewayOf(other))],
    answers: ['OK', HIDDEN, HIDDEN],
  },
  { may: 'one region', statements: () => [on('acs:dbs:eu:*:*')], answers: ['OK', HIDDEN, HIDDEN] },
  { may: 'all but one region', statements: () => [on('*'), not('acs:dbs:us:*:*')], answers: ['OK', HIDDEN, HIDDEN] },
  {
    may: 'one engine',
    statements: () => [on('*', { Condition: { StringEquals: { 'postern:DatabaseType': 'mysql' } } })],
    answers: ['OK', HIDDEN, HIDDEN],
  },
  {
    may: 'all but one endpoint',
    statements: () => [
      on('*'),
      not('*', { Condition: { StringEquals: { 'postern:SourceEndpoint': '10.0.0.12:6379' } } }),
    ],
    answers: ['OK', HIDDEN, HIDDEN],
  },
  {
    may: 'a gateway that nobody has',
    statements: () => [on(`acs:dbs:*:*:backupgateway/${UNKNOWN}`)],
    answers: [HIDDEN, HIDDEN, HIDDEN],
  },
  { may: 'another action', statements: () => [on('*', { Action: 'dbs:Create*' })], answers: [NO, NO, NO] },
  { may: 'another account', statements: () => [on('acs:dbs:*:100000000000009:*')], answers: [NO, NO, NO] },
  { may: 'what is denied again', statements: () => [on('*'), not('*')], answers: [NO, NO, NO] },
  {
    may: 'only from elsewhere',
    statements: () => [on('*', { Condition: { IpAddress: { 'acs:SourceIp': '192.0.2.0/24' } } })],
    answers: [NO, NO, NO],
  },
]

test('row 14: what a reader is told of a task, by what she may read', async (t) => {
  await using stack = new AsyncDisposableStack()
  const world = await openWorld(stack)
  const { api, key, mine, other } = world
  const ask = (TaskId: string) => api.call(GET, { TaskId }, { key })
  for (const { may, statements, answers } of READING) {
    await t.test(`row 14: a reader who may ${may} is answered ${answers.join(', ')}`, async () => {
      world.may(statements(world))
      const got = [await ask(String(mine.task)), await ask(String(other.task)), await ask(UNKNOWN)] as const
      assert.deepEqual(
        got.map(({ body }) => body['Code'] ?? 'OK'),
        answers,
      )
      if (answers[1] === answers[2]) assertAlike(got[1], got[2], [])
      if (answers[0] === answers[2]) assertAlike(got[0], got[2], [])
    })
  }
})

/** The engine in another case, the host in another spelling, no port. */
const ASKED = { DatabaseType: 'mySQL', SourceEndpointIP: 'db1.EXAMPLE.' }

const CREATING: readonly Row[] = [
  { may: 'nothing', statements: () => [], answers: [NO, NO, NO] },
  { may: 'everything', statements: () => [on('*')], answers: ['OK', 'OK', ABSENT] },
  { may: 'one gateway', statements: ({ mine }) => [on(gatewayOf(mine))], answers: ['OK', NO, NO] },
  { may: 'one region', statements: () => [on('acs:dbs:eu:*:*')], answers: ['OK', NO, NO] },
  { may: 'all but one region', statements: () => [on('*'), not('acs:dbs:us:*:*')], answers: ['OK', NO, NO] },
  {
    may: 'one region but for another',
    statements: () => [on('acs:dbs:eu:*:*'), not('acs:dbs:fr:*:*')],
    answers: ['OK', NO, NO],
  },
  {
    may: 'the engine',
    statements: () => [on('*', { Condition: { StringEquals: { 'postern:DatabaseType': 'MYSQL' } } })],
    answers: ['OK', 'OK', ABSENT],
  },
  {
    may: 'all but the engine',
    statements: () => [on('*'), not('*', { Condition: { StringEquals: { 'postern:DatabaseType': 'mysql' } } })],
    answers: [NO, NO, NO],
  },
  {
    may: 'all but the endpoint',
    statements: () => [
      on('*'),
      not('*', { Condition: { StringEquals: { 'postern:SourceEndpoint': 'DB1.example:3306' } } }),
    ],
    answers: [NO, NO, NO],
  },
  { may: 'reading only', statements: () => [on('*', { Action: 'dbs:Get*' })], answers: [NO, NO, NO] },
]

test('row 34: what a caller who starts a task is told of a gateway, by what she may do', async (t) => {
  await using stack = new AsyncDisposableStack()
  const world = await openWorld(stack)
  const { api, key, mine, other } = world
  const ask = (BackupGatewayId: string) => api.call(CREATE, { ...ASKED, BackupGatewayId }, { key })
  for (const { may, statements, answers } of CREATING) {
    await t.test(`row 34: a caller who may ${may} is answered ${answers.join(', ')}`, async () => {
      world.may(statements(world))
      const ids = [String(mine.gateway), String(other.gateway), UNKNOWN]
      const got = [await ask(String(mine.gateway)), await ask(String(other.gateway)), await ask(UNKNOWN)] as const
      assert.deepEqual(
        got.map(({ body }) => body['Code'] ?? 'OK'),
        answers,
      )
      if (answers[1] === answers[2]) assertAlike(got[1], got[2], ids)
      if (answers[0] === answers[2]) assertAlike(got[0], got[2], ids)
    })
  }
})

test('row 34: without an address a deny of endpoints applies, because only the gateway knows which one it is', async () => {
  await using stack = new AsyncDisposableStack()
  const world = await openWorld(stack)
  const { api, key, mine } = world
  const asked = { DatabaseType: 'mysql', BackupGatewayId: String(mine.gateway) }
  world.may([on('*'), not('*', { Condition: { StringEquals: { 'postern:SourceEndpoint': '10.9.9.9:3306' } } })])
  assert.equal((await api.call(CREATE, { ...asked, SourceEndpointIP: '10.0.0.12' }, { key })).status, 200)
  assert.equal((await api.call(CREATE, asked, { key })).body['Code'], NO)
})

test('row 34: listing gateways and making enrolments need their own permissions', async () => {
  await using stack = new AsyncDisposableStack()
  const world = await openWorld(stack)
  const { api, key } = world
  const list = async () => (await api.call('DescribeBackupGatewayList', {}, { key })).status
  const enrol = async () => (await api.call('CreateGatewayEnrollment', {}, { key, version: '2026-12-01' })).status
  assert.deepEqual([await list(), await enrol()], [403, 403])
  world.may([on('*')])
  assert.deepEqual([await list(), await enrol()], [200, 403])
  world.may([on('*', { Action: 'postern:CreateGatewayEnrollment' })])
  assert.deepEqual([await list(), await enrol()], [403, 200])
})

test('row 34: a list is allowed as a whole: not by a permission on some gateways, and a deny of one does not hide it', async () => {
  await using stack = new AsyncDisposableStack()
  const { api, key, may, mine, other } = await openWorld(stack)
  const list = async (params: Record<string, string> = {}) => {
    const { body } = await api.call('DescribeBackupGatewayList', params, { key })
    return body['TotalElements'] ?? body['Code']
  }
  may([on(gatewayOf(mine)), on(gatewayOf(other))])
  assert.deepEqual([await list(), await list({ Identifier: String(mine.gateway) })], [NO, NO])
  may([on('acs:dbs:*:*:backupgateway/*'), not(gatewayOf(mine))])
  assert.deepEqual([await list(), await list({ Region: 'eu' })], [2, 1])
  // Regions can be told apart by those who ask for one.
  may([on('acs:dbs:eu:*:backupgateway/*')])
  assert.deepEqual([await list(), await list({ Region: 'eu' }), await list({ Region: 'us' })], [NO, 1, NO])
})

test('row 35: a condition on address and transport sees what a trusted proxy says, and nobody else', async () => {
  const condition = { IpAddress: { 'acs:SourceIp': '192.0.2.0/24' }, Bool: { 'acs:SecureTransport': 'true' } }
  const claimed = { 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'https' }
  const statusBehind = async (trustProxy: readonly string[], headers: Record<string, string>) => {
    await using stack = new AsyncDisposableStack()
    const world = await openWorld(stack, { trustProxy })
    world.may([on('*', { Condition: condition })])
    const all = { Action: 'DescribeBackupGatewayList', Version: '2019-03-06' }
    const about = { method: 'GET', time: Date.now(), nonce: randomUUID() } as const
    const query = encodeParameters(signedParametersV1(all, world.key, about))
    return (await send(`${world.api.url}/?${query}`, { headers })).status
  }
  assert.equal(await statusBehind(['127.0.0.1'], claimed), 200)
  assert.equal(await statusBehind(['127.0.0.1'], { ...claimed, 'x-forwarded-proto': 'http' }), 403)
  assert.equal(await statusBehind(['127.0.0.1'], { ...claimed, 'x-forwarded-for': '192.0.2.7, 198.51.100.1' }), 403)
  assert.equal(await statusBehind(['127.0.0.1'], { 'x-forwarded-for': '192.0.2.7' }), 403)
  assert.equal(await statusBehind(['198.51.100.1'], claimed), 403)
})
