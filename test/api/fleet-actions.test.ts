import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { toTaskId } from '../../src/model/ids.ts'
import { type Answer, type CallOptions, runApi, type RunningApi } from './running-api.ts'

const OURS = { version: '2026-12-01' }
const enrollments = z.object({
  Enrollments: z.object({ Enrollment: z.array(z.record(z.string(), z.unknown())) }),
  NextToken: z.string().optional(),
})
const gatewayList = z.object({ Items: z.object({ BackupGateway: z.array(z.record(z.string(), z.unknown())) }) })

const ours = (api: RunningApi, ...[action, params = {}, options = {}]: Parameters<RunningApi['call']>) =>
  api.call(action, params, { ...OURS, ...options })
const codeOf = ({ status, body }: Answer) => [status, body['Code']]
const withoutId = ({ status, body }: Answer) =>
  JSON.stringify({ status, body }).replaceAll(String(body['RequestId']), '')

async function createTask(api: RunningApi, gateway: number): Promise<Answer> {
  const params = { BackupGatewayId: String(gateway), DatabaseType: 'MySQL', DeliveryTimeoutSeconds: '3600' }
  return api.call('CreateGetDBListFromAgentTask', params)
}

/** A user of the account with one policy. */
async function addUser(api: RunningApi, statements: readonly object[]) {
  const ram = { version: '2015-05-01' }
  await api.call('CreateUser', { UserName: 'alice' }, ram)
  const document = JSON.stringify({ Version: '1', Statement: statements })
  assert.equal((await api.call('CreatePolicy', { PolicyName: 'p', PolicyDocument: document }, ram)).status, 200)
  await api.call('AttachPolicyToUser', { UserName: 'alice', PolicyName: 'p', PolicyType: 'Custom' }, ram)
  const made = await api.call('CreateAccessKey', { UserName: 'alice' }, ram)
  const { AccessKey } = z
    .object({ AccessKey: z.object({ AccessKeyId: z.string(), AccessKeySecret: z.string() }) })
    .parse(made.body)
  return { accessKeyId: AccessKey.AccessKeyId, secret: AccessKey.AccessKeySecret }
}

test('enrolments are listed page by page without their tokens, and an open one is revoked', async () => {
  await using api = await runApi()
  const tokens: string[] = []
  for (const Name of ['a', 'b', 'c']) {
    const { body } = await ours(api, 'CreateGatewayEnrollment', { Name, Region: 'eu-1' })
    tokens.push(String(body['EnrollmentToken']))
  }
  const gateway = await api.addGateway({ name: 'enrolled' })
  const listed: Record<string, unknown>[] = []
  let NextToken: string | undefined
  do {
    const answer = await ours(api, 'ListGatewayEnrollments', { MaxResults: '3', ...(NextToken && { NextToken }) })
    const page = enrollments.parse(answer.body)
    listed.push(...page.Enrollments.Enrollment)
    for (const token of tokens) assert.ok(!JSON.stringify(answer.body).includes(token))
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  assert.equal(listed.length, 4)
  const used = listed.find(({ Status }) => Status === 'Used')
  assert.equal(used?.['BackupGatewayId'], gateway)
  const open = listed.filter(({ Status }) => Status === 'Open')
  assert.deepEqual(new Set(open.map(({ Name }) => Name)), new Set(['a', 'b', 'c']))
  const [first] = open
  assert.match(String(first?.['EnrollmentId']), /^[0-9a-f]{20}$/)
  assert.equal(first?.['CreatedBy'], `${api.account}:root`)

  const revoke = (id: unknown, options?: CallOptions) =>
    ours(api, 'RevokeGatewayEnrollment', { EnrollmentId: String(id) }, options)
  assert.equal((await revoke(first['EnrollmentId'], { nonce: 'n' })).status, 200)
  assert.deepEqual(codeOf(await revoke(first['EnrollmentId'])), [404, 'Enrollment.NotFound'])
  const taken = await revoke(used['EnrollmentId'])
  assert.deepEqual(codeOf(taken), [409, 'Enrollment.Used'])
  assert.deepEqual(codeOf(await revoke('x')), [400, 'InvalidEnrollmentId'])
  assert.deepEqual(codeOf(await ours(api, 'ListGatewayEnrollments', { NextToken: 'x' })), [400, 'InvalidNextToken'])
})

test('row 14: an enrolment of another account, or of a region that is denied, is answered like none', async () => {
  await using api = await runApi()
  const { key } = await api.addAccount()
  const made = await ours(api, 'CreateGatewayEnrollment', { Region: 'prod' })
  const EnrollmentId = String(made.body['EnrollmentId'])
  const user = await addUser(api, [
    { Effect: 'Allow', Action: 'postern:*', Resource: 'acs:postern:dev:*:backupgateway/*' },
  ])
  for (const one of [key, user]) {
    const there = await ours(api, 'RevokeGatewayEnrollment', { EnrollmentId }, { key: one })
    const none = await ours(api, 'RevokeGatewayEnrollment', { EnrollmentId: '0'.repeat(20) }, { key: one })
    assert.deepEqual(codeOf(there), [404, 'Enrollment.NotFound'])
    assert.equal(withoutId(there), withoutId(none))
  }
  const { body } = await ours(api, 'ListGatewayEnrollments', {}, { key })
  assert.deepEqual(enrollments.parse(body).Enrollments.Enrollment, [])
})

test('a gateway gets another name and region; tasks keep their region', async () => {
  await using api = await runApi()
  const gateway = await api.addGateway({ region: 'a' })
  const task = String((await createTask(api, gateway)).body['TaskId'])
  const update = (params: Record<string, string>, options?: CallOptions) =>
    ours(api, 'UpdateGateway', { BackupGatewayId: String(gateway), ...params }, options)
  const { body } = await update({ Name: '仓库 7', Region: 'b' }, { nonce: 'n' })
  assert.deepEqual([body['BackupGatewayId'], body['Name'], body['Region']], [gateway, '仓库 7', 'b'])
  assert.deepEqual(codeOf(await update({ Name: 'x' }, { nonce: 'n' })), [400, 'SignatureNonceUsed'])
  assert.deepEqual(codeOf(await update({})), [400, 'MissingName'])
  assert.deepEqual(codeOf(await update({ Name: 'x'.repeat(129) })), [400, 'InvalidName'])
  assert.deepEqual(codeOf(await update({ Region: 'EU' })), [400, 'InvalidRegion'])
  const read = (SourceEndpointRegion: string) => api.call('GetDBListFromAgent', { TaskId: task, SourceEndpointRegion })
  assert.equal((await read('a')).status, 200)
  assert.deepEqual(codeOf(await read('b')), [404, 'Task.NotFound'])
})

test('row 13: a gateway that was deleted is answered like one that never was, and so is another account’s', async () => {
  await using api = await runApi()
  const gateway = await api.addGateway()
  const { account } = await api.addAccount()
  const foreign = await api.addGateway({ account })
  const ended = await createTask(api, gateway)
  const id = toTaskId(Number(ended.body['TaskId']))
  assert.ok(id !== undefined)
  await api.finish(gateway, id, [{ name: 'shop', kind: 'database', system: false }])
  const open = String((await createTask(api, gateway)).body['TaskId'])
  const waiting = api.call('GetDBListFromAgent', { TaskId: open, WaitSeconds: '20' })
  const started = performance.now()

  const remove = (BackupGatewayId: number | string, options?: CallOptions) =>
    ours(api, 'DeleteGateway', { BackupGatewayId: String(BackupGatewayId) }, options)
  assert.equal((await remove(gateway, { nonce: 'n' })).status, 200)
  const told = await waiting
  assert.ok(performance.now() - started < 15_000, 'the reader was woken')
  assert.equal(told.body['ErrCode'], 'BackupGateway.Deleted')
  assert.match(String(told.body['ErrMessage']), new RegExp(`By ${api.account}:root at \\d{4}-`))

  const unknown = await remove('123456789012345')
  assert.deepEqual(codeOf(unknown), [404, 'BackupGateway.NotFound'])
  for (const answer of [await remove(gateway), await remove(foreign)])
    assert.equal(withoutId(answer), withoutId(unknown))
  assert.deepEqual(codeOf(await createTask(api, gateway)), [404, 'BackupGateway.NotFound'])
  const update = { BackupGatewayId: String(gateway), Name: 'x' }
  assert.deepEqual(codeOf(await ours(api, 'UpdateGateway', update)), [404, 'BackupGateway.NotFound'])
  const list = await api.call('DescribeBackupGatewayList')
  assert.deepEqual(gatewayList.parse(list.body).Items.BackupGateway, [])
  const kept = await api.call('GetDBListFromAgent', { TaskId: String(id) })
  assert.deepEqual(kept.body['DbList'], { dbName: ['shop'] })
  assert.deepEqual(codeOf(await remove(foreign, { nonce: 'n' })), [400, 'SignatureNonceUsed'])
})

test('row 34: a gateway is changed with the permission on it, and moved with the permission in both regions', async () => {
  await using api = await runApi()
  const [dev, prod] = [await api.addGateway({ region: 'dev' }), await api.addGateway({ region: 'prod' })]
  const allow = { Effect: 'Allow', Action: 'postern:*', Resource: 'acs:postern:dev:*:backupgateway/*' }
  const key = await addUser(api, [allow])
  const update = (BackupGatewayId: number, params: Record<string, string>) =>
    ours(api, 'UpdateGateway', { BackupGatewayId: String(BackupGatewayId), ...params }, { key })
  assert.equal((await update(dev, { Name: 'mine' })).status, 200)
  assert.equal((await update(dev, { Name: 'mine', Region: 'dev' })).status, 200)
  assert.deepEqual(codeOf(await update(dev, { Region: 'prod' })), [403, 'Request.Forbidden'], 'into a foreign region')
  assert.deepEqual(codeOf(await update(prod, { Region: 'dev' })), [403, 'Request.Forbidden'], 'out of a foreign region')
  const remove = (BackupGatewayId: number) =>
    ours(api, 'DeleteGateway', { BackupGatewayId: String(BackupGatewayId) }, { key })
  const denied = await remove(prod)
  assert.deepEqual(codeOf(denied), [403, 'Request.Forbidden'])
  const nobody = 123_456_789_012_345
  const none = withoutId(await remove(nobody)).replaceAll(String(nobody), String(prod))
  assert.equal(withoutId(denied), none)
  assert.equal((await remove(dev)).status, 200)
})
