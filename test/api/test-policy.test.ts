import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { type CallOptions, runApi, type RunningApi } from './running-api.ts'

const OURS = { version: '2026-12-01' }
const RAM = { version: '2015-05-01' }
const LIST = 'dbs:GetDBListFromAgent'

const answer = z.object({
  Result: z.string(),
  Reason: z.string(),
  Decisions: z.object({
    Decision: z.array(
      z.object({
        Layer: z.string(),
        Result: z.string(),
        PolicyType: z.string().optional(),
        PolicyName: z.string().optional(),
        Statement: z.number().optional(),
        StatementText: z.string().optional(),
      }),
    ),
  }),
})
const keyAnswer = z.object({ AccessKey: z.object({ AccessKeyId: z.string(), AccessKeySecret: z.string() }) })
const at = (ip: string) => ({ UserName: 'alice', Conditions: JSON.stringify({ 'acs:SourceIp': ip }) })
const policy = (...statements: readonly object[]) => JSON.stringify({ Version: '1', Statement: statements })
const allow = (Action: string, more: object = {}) => ({ Effect: 'Allow', Action, Resource: '*', ...more })
const deny = (Action: string, more: object = {}) => ({ Effect: 'Deny', Action, Resource: '*', ...more })

async function ask(api: RunningApi, params: Record<string, string>, options: CallOptions = {}) {
  const Resource = `acs:dbs:eu-1:${api.account}:backupgateway/7`
  const { status, body } = await api.call(
    'TestPolicy',
    { RequestedAction: LIST, Resource, ...params },
    { ...OURS, ...options },
  )
  if (status !== 200) return String(body['Code'])
  return answer.parse(body)
}

async function addUser(api: RunningApi, ...statements: readonly object[]) {
  await api.call('CreateUser', { UserName: 'alice' }, RAM)
  await api.call('CreatePolicy', { PolicyName: 'p', PolicyDocument: policy(...statements) }, RAM)
  await api.call('AttachPolicyToUser', { UserName: 'alice', PolicyName: 'p', PolicyType: 'Custom' }, RAM)
  const { AccessKey } = keyAnswer.parse((await api.call('CreateAccessKey', { UserName: 'alice' }, RAM)).body)
  return { accessKeyId: AccessKey.AccessKeyId, secret: AccessKey.AccessKeySecret }
}

test('a user, what she would have with one more policy, and a policy alone: with the statement that decides', async () => {
  await using api = await runApi()
  const alice = await addUser(
    api,
    allow('dbs:Get*'),
    deny(LIST, { Condition: { IpAddress: { 'acs:SourceIp': '10.0.0.0/8' } } }),
  )
  assert.deepEqual(await ask(api, at('192.0.2.1')), {
    Result: 'Allow',
    Reason: 'Allow',
    Decisions: {
      Decision: [
        {
          Layer: 'Policies',
          Result: 'Allow',
          PolicyType: 'Custom',
          PolicyName: 'p',
          Statement: 0,
          StatementText: JSON.stringify(allow('dbs:Get*')),
        },
      ],
    },
  })
  for (const params of [at('::ffff:10.1.2.3'), { UserAccessKeyId: alice.accessKeyId }]) {
    const denied = await ask(api, params)
    assert.ok(typeof denied !== 'string')
    assert.deepEqual(
      [denied.Result, denied.Reason, denied.Decisions.Decision[0]?.Statement],
      ['Deny', 'ExplicitDeny', 1],
    )
  }
  const other = { RequestedAction: 'dbs:CreateGetDBListFromAgentTask' }
  const implicit = await ask(api, { ...at('192.0.2.1'), ...other })
  assert.ok(typeof implicit !== 'string')
  assert.deepEqual(
    [implicit.Reason, implicit.Decisions.Decision],
    ['ImplicitDeny', [{ Layer: 'Policies', Result: 'ImplicitDeny' }]],
  )
  const PolicyDocument = policy(allow('dbs:Create*'))
  for (const params of [
    { ...at('192.0.2.1'), ...other, PolicyDocument },
    { ...other, PolicyDocument },
  ]) {
    const given = await ask(api, params)
    assert.ok(typeof given !== 'string')
    const [decision] = given.Decisions.Decision
    assert.deepEqual([given.Result, decision?.PolicyType, decision?.Statement], ['Allow', 'Given', 0])
  }
  const alone = await ask(api, { PolicyDocument })
  assert.ok(typeof alone !== 'string' && alone.Reason === 'ImplicitDeny', 'nothing of the root is with it')
  const root = await ask(api, {})
  assert.ok(typeof root !== 'string' && root.Result === 'Allow')
})

test('a key of STS: what its owner may, what no session may, and its own policy, as the server itself decides', async () => {
  await using api = await runApi()
  const alice = await addUser(api, allow('*'))
  const assume = {
    RoleArn: `acs:ram::${api.account}:role/caller`,
    RoleSessionName: 'nightly',
    Policy: policy(allow('ram:*')),
  }
  const made = await api.call('AssumeRole', assume, { version: '2015-04-01', key: alice })
  const { Credentials } = z.object({ Credentials: z.object({ AccessKeyId: z.string() }) }).parse(made.body)
  const UserAccessKeyId = Credentials.AccessKeyId
  const reasons = async (RequestedAction: string) => {
    const tested = await ask(api, { UserAccessKeyId, RequestedAction })
    assert.ok(typeof tested !== 'string')
    return [
      tested.Reason,
      ...tested.Decisions.Decision.map(({ Layer, Result, PolicyType = '' }) => `${Layer} ${Result} ${PolicyType}`),
    ]
  }
  const [first, last] = ['Policies Allow Custom', 'SessionPolicy Allow Session']
  assert.deepEqual(await reasons('ram:CreateUser'), ['Allow', first, 'SessionLimits Allow ', last])
  assert.deepEqual(await reasons('ram:CreateAccessKey'), ['ExplicitDeny', first, 'SessionLimits ExplicitDeny ', last])
  const outside = ['ImplicitDeny', first, 'SessionLimits Allow ', 'SessionPolicy ImplicitDeny ']
  assert.deepEqual(await reasons(LIST), outside)
})

test('what is wrong in the question is said, and who may not ask is told nothing of the policies', async () => {
  await using api = await runApi()
  const alice = await addUser(api, allow('postern:TestPolicy', { Resource: 'acs:ram::*:user/alice' }))
  const wrong: readonly (readonly [Record<string, string>, string])[] = [
    [{ UserName: 'bob' }, 'EntityNotExist.User'],
    [{ UserAccessKeyId: 'PSTNaaaaaaaaaaaaaaaaaaaa' }, 'EntityNotExist.User.AccessKey'],
    [{ UserName: 'alice', UserAccessKeyId: alice.accessKeyId }, 'InvalidUserAccessKeyId'],
    [{ PolicyDocument: '{}' }, 'MalformedPolicyDocument'],
    [{ RequestedAction: 'dbs:*' }, 'InvalidRequestedAction'],
    [{ Resource: 'everything' }, 'InvalidResource'],
    [{ Conditions: '{"acs:SourceIP":"10.0.0.1"}' }, 'InvalidConditions'],
    [{ Conditions: '{"acs:SourceIp":"home"}' }, 'InvalidConditions'],
  ]
  for (const [params, code] of wrong) assert.equal(await ask(api, params), code, JSON.stringify(params))
  assert.notEqual(await ask(api, { UserName: 'alice' }, { key: alice }), 'Request.Forbidden')
  for (const params of [
    { UserName: 'bob' },
    {},
    { UserAccessKeyId: alice.accessKeyId },
    { PolicyDocument: policy(allow('*')) },
  ]) {
    assert.equal(await ask(api, params, { key: alice }), 'Request.Forbidden')
  }
  const other = await api.addAccount()
  assert.equal(await ask(api, { UserName: 'alice' }, { key: other.key }), 'EntityNotExist.User')
  assert.equal(
    await ask(api, { UserAccessKeyId: alice.accessKeyId }, { key: other.key }),
    'EntityNotExist.User.AccessKey',
  )
})

test('a policy is checked without being made, by whoever has a key', async () => {
  await using api = await runApi()
  const alice = await addUser(api, deny('*'))
  const check = (PolicyDocument: string) =>
    api.call('ValidatePolicyDocument', { PolicyDocument }, { ...OURS, key: alice })
  assert.equal((await check(policy(allow('*')))).body['Valid'], true)
  const { body } = await check('{"Version":"1",\n"Statement":[{"Effect":"Maybe"}]}')
  assert.equal(body['Valid'], false)
  assert.deepEqual(body['Problem'], {
    Code: 'MalformedPolicyDocument',
    Message: 'The policy document is not valid. Statement[0].Effect must be "Allow" or "Deny".',
    Kind: 'Effect',
    Element: 'Statement[0].Effect',
    Start: 39,
    End: 46,
    Line: 2,
    Column: 24,
  })
  const misspelt = (await check('{"Version":"1","Statment":[]}')).body['Problem']
  assert.deepEqual(misspelt, {
    Code: 'MalformedPolicyDocument',
    Message:
      'The policy document is not valid. The document has an unknown element "Statment"; did you mean Statement?.',
    Kind: 'UnknownElement',
    Found: 'Statment',
    Expected: { Name: ['Statement'] },
    Start: 15,
    End: 25,
    Line: 1,
    Column: 16,
  })
})
