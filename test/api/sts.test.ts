import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { encodeParameters, type SigningKey, signedParametersV1, stringToSignV1 } from '../../src/access/signature-v1.ts'
import { systemClock } from '../../src/base/clock.ts'
import { toGatewayId, toTaskId } from '../../src/model/ids.ts'
import { collectingLog } from './collecting-log.ts'
import { type Answer, runApi, type RunningApi, send } from './running-api.ts'
import { callV3 } from './signed-v3.ts'

const RAM = '2015-05-01'
const STS = '2015-04-01'
const POSTERN = '2026-12-01'
const document = (Action: string | readonly string[], Effect = 'Allow') =>
  JSON.stringify({ Version: '1', Statement: [{ Effect, Action, Resource: '*' }] })

const refusal = ({ status, body }: Answer) => [status, body['Code']]
const roleOf = (api: RunningApi) => `acs:ram::${api.account}:role/caller`
const assume = (api: RunningApi, params: Record<string, string> = {}, key?: SigningKey) =>
  api.call(
    'AssumeRole',
    { RoleArn: roleOf(api), RoleSessionName: 'job', ...params },
    { version: STS, ...(key && { key }) },
  )

const assumed = z.strictObject({
  RequestId: z.string(),
  HttpStatusCode: z.literal(200),
  Success: z.literal(true),
  Credentials: z.strictObject({
    AccessKeyId: z.string().regex(/^STS\./),
    AccessKeySecret: z.string().min(30),
    SecurityToken: z.string().min(60),
    Expiration: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  }),
  AssumedRoleUser: z.strictObject({ Arn: z.string(), AssumedRoleId: z.string() }),
})
type Session = Required<SigningKey>

function sessionOf(answer: Answer): Session {
  const { AccessKeyId, AccessKeySecret, SecurityToken } = assumed.parse(answer.body).Credentials
  return { accessKeyId: AccessKeyId, secret: AccessKeySecret, securityToken: SecurityToken }
}
const who = async (api: RunningApi, key: SigningKey) => api.call('GetCallerIdentity', {}, { version: STS, key })
const without = ({ accessKeyId, secret }: Session): SigningKey => ({ accessKeyId, secret })

/** A user with a key who may what the documents say, and the user's id. */
async function addUser(api: RunningApi, name: string, ...documents: readonly string[]) {
  const ram = async (action: string, params: Record<string, string>) => {
    const answer = await api.call(action, params, { version: RAM })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer.body
  }
  const user = z.object({ User: z.object({ UserId: z.string() }) }).parse(await ram('CreateUser', { UserName: name }))
  const made = z
    .object({ AccessKey: z.object({ AccessKeyId: z.string(), AccessKeySecret: z.string() }) })
    .parse(await ram('CreateAccessKey', { UserName: name }))
  for (const [i, text] of documents.entries()) {
    const policy = { PolicyName: `${name}-${i}` }
    await ram('CreatePolicy', { ...policy, PolicyDocument: text })
    await ram('AttachPolicyToUser', { ...policy, PolicyType: 'Custom', UserName: name })
  }
  const key: SigningKey = { accessKeyId: made.AccessKey.AccessKeyId, secret: made.AccessKey.AccessKeySecret }
  return { id: user.User.UserId, key, ram }
}

test('row 5: a temporary key signs both ways, says who it is, and survives a restart', async () => {
  const log = collectingLog()
  await using api = await runApi({ log: log.log })
  const before = Date.now()
  const answer = await assume(api, { RoleSessionName: 'nightly@report' })
  const { Credentials, AssumedRoleUser } = assumed.parse(answer.body)
  const life = Date.parse(Credentials.Expiration) - before
  assert.ok(life > 3_590_000 && life <= 3_620_000, `${life} ms`)
  const Arn = `acs:ram::${api.account}:assumed-role/caller/nightly@report`
  assert.deepEqual(AssumedRoleUser, { Arn, AssumedRoleId: `${api.account}:nightly@report` })

  const session = sessionOf(answer)
  for (let i = 0; i < 2; i++) {
    const { RequestId, ...identity } = (await who(api, session)).body
    assert.equal(typeof RequestId, 'string')
    assert.deepEqual(identity, {
      HttpStatusCode: 200,
      Success: true,
      AccountId: api.account,
      UserId: api.account,
      PrincipalId: `${api.account}:nightly@report`,
      Arn,
      IdentityType: 'AssumedRoleUser',
    })
    const headers = { 'x-acs-security-token': session.securityToken, 'x-acs-accesskey-id': session.accessKeyId }
    const v3 = await callV3(api, 'GetCallerIdentity', {
      key: session,
      headers: { 'x-acs-version': STS, ...headers },
    })
    assert.equal(v3.body['Arn'], Arn)
    await api.restart()
  }
  const lines = JSON.stringify(log.lines())
  assert.ok(lines.includes(`${api.account}:root/session/nightly@report`), 'the log names the session')
  for (const secret of [session.secret, session.securityToken])
    assert.ok(!lines.includes(secret), 'no secret in the log')
})

test('row 8: with a temporary key the string to sign is whole as well, token and all, and is in no log', async () => {
  const log = collectingLog()
  await using api = await runApi({ log: log.log })
  const session = sessionOf(await assume(api))
  // Clients compare the string with their own to find out that the secret is wrong: so it is whole, token and all.
  const parameters = { Action: 'GetCallerIdentity', Version: STS }
  const moment = { method: 'GET', time: Date.now(), nonce: 'wrong-secret' } as const
  const wrong = signedParametersV1(parameters, { ...session, secret: 'wrong' }, moment)
  const { status, body } = await send(`${api.url}/?${encodeParameters(wrong)}`)
  assert.deepEqual([status, body['Code']], [400, 'SignatureDoesNotMatch'])
  const ownString = stringToSignV1('GET', wrong)
  assert.ok(ownString.includes(session.securityToken))
  assert.equal(String(body['Message']).split('server string to sign is:')[1], ownString)
  assert.ok(!log.lines().join().includes(session.securityToken), 'no secret in the log')
})

test('row 5: a token that is missing, broken, of another key or expired has its code, signed either way', async () => {
  let ahead = 0
  const real = systemClock()
  await using api = await runApi({ clock: { ...real, now: () => real.now() + ahead } })
  const [a, b] = [sessionOf(await assume(api)), sessionOf(await assume(api))]
  const ask = async (key: SigningKey): Promise<unknown[]> => {
    const { securityToken } = key
    const v1 = refusal(await who(api, key))
    const headers = { 'x-acs-version': STS, 'x-acs-security-token': securityToken }
    assert.deepEqual(refusal(await callV3(api, 'GetCallerIdentity', { key, headers })), v1)
    return v1
  }
  assert.deepEqual(await ask(a), [200, undefined])
  assert.deepEqual(await ask(without(a)), [400, 'MissingSecurityToken'])
  assert.deepEqual(await ask({ ...a, securityToken: 'broken' }), [400, 'InvalidSecurityToken.Malformed'])
  const mismatch = [400, 'InvalidSecurityToken.MismatchWithAccessKey']
  assert.deepEqual(await ask({ ...a, securityToken: b.securityToken }), mismatch)
  assert.deepEqual(await ask({ ...api.key, securityToken: a.securityToken }), mismatch)
  assert.deepEqual(await ask({ ...a, secret: b.secret }), [400, 'SignatureDoesNotMatch'])
  assert.deepEqual(await ask({ ...a, accessKeyId: 'STS.nobody' }), [404, 'InvalidAccessKeyId.NotFound'])
  ahead = 3_600_000
  assert.deepEqual(await ask(a), [400, 'InvalidSecurityToken.Expired'])
  await api.store.purge(real.now() + 2 * ahead, { taskMs: 1e12 }, 100)
  assert.deepEqual(await ask(a), [404, 'InvalidAccessKeyId.NotFound'])
})

test('what is wrong with a request for a temporary key has the code of STS', async () => {
  await using api = await runApi()
  const other = await api.addAccount()
  const role = 'EntityNotExist.Role'
  for (const [params, status, code] of [
    [{ RoleArn: '' }, 400, 'MissingRoleArn'],
    [{ RoleArn: 'caller' }, 400, 'InvalidParameter.RoleArn'],
    [{ RoleArn: `acs:ram::${api.account}:user/caller` }, 400, 'InvalidParameter.RoleArn'],
    [{ RoleArn: `acs:ram::${api.account}:role/admin` }, 404, role],
    [{ RoleArn: `acs:ram::${api.account}:role/Caller` }, 404, role],
    [{ RoleArn: `acs:ram::${other.account}:role/caller` }, 404, role],
    [{ RoleArn: 'acs:ram::100000000000000:role/caller' }, 404, role],
    [{ RoleSessionName: '' }, 400, 'MissingRoleSessionName'],
    [{ RoleSessionName: 'x' }, 400, 'InvalidParameter.RoleSessionName'],
    [{ RoleSessionName: 'a/b' }, 400, 'InvalidParameter.RoleSessionName'],
    [{ RoleSessionName: 'ab\n' }, 400, 'InvalidParameter.RoleSessionName'],
    [{ RoleSessionName: 'x'.repeat(65) }, 400, 'InvalidParameter.RoleSessionName'],
    [{ DurationSeconds: '899' }, 400, 'InvalidParameter.DurationSeconds'],
    [{ DurationSeconds: '1h' }, 400, 'InvalidParameter.DurationSeconds'],
    [{ DurationSeconds: '3601' }, 400, 'InvalidParameter.DurationSeconds'],
    [{ DurationSeconds: '43201' }, 400, 'InvalidParameter.DurationSeconds'],
    [{ Policy: '{' }, 400, 'InvalidParameter.PolicyGrammar'],
    [{ Policy: '{"Version":"1","Statement":[]}' }, 400, 'InvalidParameter.PolicyGrammar'],
    [{ Policy: `${document('dbs:*')}${' '.repeat(2048)}` }, 400, 'InvalidParameter.PolicySize'],
  ] as const) {
    assert.deepEqual(refusal(await assume(api, params)), [status, code], JSON.stringify(params).slice(0, 90))
  }
  const [own, foreign] = [
    await assume(api, { RoleArn: `acs:ram::${api.account}:role/admin` }),
    await assume(api, { RoleArn: `acs:ram::${other.account}:role/caller` }),
  ]
  assert.equal(own.body['Message'], foreign.body['Message'])
  const user = await addUser(api, 'ada', document('sts:AssumeRole'))
  assert.equal((await assume(api, { DurationSeconds: '43200' }, user.key)).status, 200)
})

test('row 33: a session has what its user has at the moment, and ends at once with her key', async () => {
  await using api = await runApi()
  const gateway = toGatewayId(await api.addGateway())
  const { id, key, ram } = await addUser(
    api,
    'ada',
    document('dbs:*'),
    document('sts:AssumeRole'),
    document('postern:*'),
  )
  const wide = sessionOf(await assume(api, { RoleSessionName: 'wide' }, key))
  const narrow = sessionOf(await assume(api, { Policy: document('dbs:Describe*') }, key))
  const list = async (session: SigningKey) => refusal(await api.call('DescribeBackupGatewayList', {}, { key: session }))
  const create = (session: SigningKey) =>
    api.call(
      'CreateGetDBListFromAgentTask',
      { BackupGatewayId: String(gateway), DatabaseType: 'MySQL' },
      { key: session },
    )
  assert.deepEqual(
    [await list(wide), await list(narrow)],
    [
      [200, undefined],
      [200, undefined],
    ],
  )
  const identity = (await who(api, wide)).body
  assert.deepEqual([identity['UserId'], identity['PrincipalId']], [id, `${id}:wide`])

  const created = await create(wide)
  const TaskId = toTaskId(Number(created.body['TaskId']))
  assert.ok(TaskId, JSON.stringify(created.body))
  const task = await api.call('GetTask', { TaskId: String(TaskId) }, { version: POSTERN })
  assert.equal(task.body['CreatedBy'], `${api.account}:user/${id}/session/wide`)

  const denied = await create(narrow)
  assert.deepEqual(refusal(denied), [403, 'Request.Forbidden'])
  const detail = z.record(z.string(), z.string()).parse(denied.body['AccessDeniedDetail'])
  assert.deepEqual(
    [detail['PolicyType'], detail['AuthPrincipalType'], detail['AuthPrincipalDisplayName']],
    ['SessionPolicy', 'AssumedRoleUser', 'caller:job'],
  )

  await ram('DetachPolicyFromUser', { PolicyName: 'ada-0', PolicyType: 'Custom', UserName: 'ada' })
  assert.deepEqual(
    [await list(wide), await list(narrow)],
    [
      [403, 'Request.Forbidden'],
      [403, 'Request.Forbidden'],
    ],
  )
  const switched = { UserName: 'ada', UserAccessKeyId: key.accessKeyId }
  await ram('UpdateAccessKey', { ...switched, Status: 'Inactive' })
  assert.deepEqual(refusal(await who(api, wide)), [400, 'InvalidAccessKeyId.Inactive'])
  await ram('UpdateAccessKey', { ...switched, Status: 'Active' })
  assert.equal((await who(api, wide)).status, 200)
  await ram('DeleteAccessKey', switched)
  assert.deepEqual(refusal(await who(api, wide)), [404, 'InvalidAccessKeyId.NotFound'])
})

test('row 33: a session leaves no permission behind, and a user needs one to make it', async () => {
  await using api = await runApi()
  const { key } = await addUser(api, 'ada', document('*'))
  const poor = await addUser(api, 'bob', document('dbs:*'))
  assert.deepEqual(refusal(await assume(api, {}, poor.key)), [403, 'NoPermission'])
  const forRole = { PolicyName: 'AliyunSTSAssumeRoleAccess', PolicyType: 'System', UserName: 'bob' }
  await poor.ram('AttachPolicyToUser', forRole)
  assert.equal((await assume(api, {}, poor.key)).status, 200)

  for (const session of [sessionOf(await assume(api)), sessionOf(await assume(api, {}, key))]) {
    const ram = (action: string, params: Record<string, string> = {}) =>
      api.call(action, params, { version: RAM, key: session })
    assert.equal((await ram('ListUsers')).status, 200)
    assert.equal((await ram('ListAccessKeys')).status, 200)
    const policy = { PolicyName: 'AdministratorAccess', PolicyType: 'System', UserName: 'bob' }
    const ofBob = { UserName: 'bob', UserAccessKeyId: poor.key.accessKeyId }
    for (const [action, params] of [
      ['CreateAccessKey', {}],
      ['CreateAccessKey', { UserName: 'bob' }],
      ['UpdateAccessKey', { ...ofBob, Status: 'Active' }],
      ['AttachPolicyToUser', policy],
      ['DetachPolicyFromUser', { ...forRole }],
    ] as const) {
      assert.deepEqual(refusal(await ram(action, params)), [403, 'NoPermission'], action)
    }
    const update = { PolicyName: 'ada-0', PolicyDocument: document('*') }
    const changed = await api.call('UpdatePolicy', update, { version: POSTERN, key: session })
    assert.deepEqual(refusal(changed), [403, 'NoPermission'])
    assert.deepEqual(refusal(await assume(api, {}, session)), [403, 'NoPermission'])
  }
})

test('a principal has at most 100 temporary keys at a time', async () => {
  await using api = await runApi()
  const made = await Promise.all(Array.from({ length: 102 }, () => assume(api)))
  assert.equal(made.filter(({ status }) => status === 200).length, 100)
  assert.deepEqual(refusal(await assume(api)), [409, 'LimitExceeded.Session'])
})
