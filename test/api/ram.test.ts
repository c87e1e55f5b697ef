import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import type { SigningKey } from '../../src/access/signature-v1.ts'
import { collectingLog } from './collecting-log.ts'
import { type Answer, runApi, type RunningApi } from './running-api.ts'

const RAM = '2015-05-01'
const STS = '2015-04-01'
const DOCUMENT = '{ "Version": "1", "Statement": [{ "Effect": "Allow", "Action": "dbs:Get*", "Resource": "*" }] }'
const SYSTEM = ['AdministratorAccess', 'AliyunDBSFullAccess', 'AliyunDBSReadOnlyAccess', 'AliyunSTSAssumeRoleAccess']
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

const ram = (
  api: RunningApi,
  action: string,
  ...[params = {}, key]: [params?: Record<string, string>, key?: SigningKey]
) => api.call(action, params, { version: RAM, ...(key && { key }) })

/** The answer's own fields, of a success. */
function fields({ status, body }: Answer): Record<string, unknown> {
  assert.equal(status, 200, JSON.stringify(body))
  const { RequestId, HttpStatusCode, Success, ...own } = body
  assert.deepEqual([typeof RequestId, HttpStatusCode, Success], ['string', 200, true])
  return own
}

const refusal = ({ status, body }: Answer) => [status, body['Code']]

async function issueKey(api: RunningApi, params: Record<string, string>): Promise<SigningKey> {
  const schema = z.object({ AccessKey: z.object({ AccessKeyId: z.string(), AccessKeySecret: z.string() }) })
  const { AccessKey } = schema.parse((await ram(api, 'CreateAccessKey', params)).body)
  return { accessKeyId: AccessKey.AccessKeyId, secret: AccessKey.AccessKeySecret }
}

const userOfReply = z.object({ User: z.record(z.string(), z.string()) })

test('a user is made, read, listed, changed and deleted as on the original service', async () => {
  await using api = await runApi()
  const details = {
    DisplayName: 'Alice B.',
    MobilePhone: '86-18600008888',
    Email: 'a@example.com',
    Comments: 'für Lyon',
  }
  const created = userOfReply.parse(fields(await ram(api, 'CreateUser', { UserName: 'alice', ...details }))).User
  const { UserId = '', CreateDate = '', UpdateDate = '', ...rest } = created
  assert.match(UserId, /^\d{16}$/)
  assert.match(CreateDate, TIME)
  assert.equal(UpdateDate, CreateDate)
  assert.deepEqual(rest, { UserName: 'alice', ...details })
  assert.deepEqual(fields(await ram(api, 'GetUser', { UserName: 'alice' })), { User: created })

  const change = { UserName: 'alice', NewUserName: 'alice.b', NewComments: 'moved' }
  const updated = userOfReply.parse(fields(await ram(api, 'UpdateUser', change))).User
  assert.deepEqual(
    { ...updated, UpdateDate: '' },
    { ...created, UserName: 'alice.b', Comments: 'moved', UpdateDate: '' },
  )
  assert.deepEqual(refusal(await ram(api, 'GetUser', { UserName: 'alice' })), [404, 'EntityNotExist.User'])

  for (const name of ['bob', 'carol']) await ram(api, 'CreateUser', { UserName: name })
  const page = z.object({
    Users: z.object({ User: z.array(z.looseObject({ UserName: z.string() })) }),
    IsTruncated: z.boolean(),
    Marker: z.string().optional(),
  })
  const first = page.parse(fields(await ram(api, 'ListUsers', { MaxItems: '2' })))
  assert.deepEqual([first.Users.User.map((each) => each.UserName), first.IsTruncated], [['alice.b', 'bob'], true])
  const second = page.parse(fields(await ram(api, 'ListUsers', { MaxItems: '2', Marker: first.Marker ?? '' })))
  assert.deepEqual([second.Users.User.map((each) => each.UserName), second.IsTruncated], [['carol'], false])
  assert.equal(second.Marker, undefined)

  assert.deepEqual(fields(await ram(api, 'DeleteUser', { UserName: 'alice.b' })), {})
  assert.deepEqual(refusal(await ram(api, 'DeleteUser', { UserName: 'alice.b' })), [404, 'EntityNotExist.User'])
})

test('what is wrong with a name or a value has RAM’s code', async () => {
  await using api = await runApi()
  await ram(api, 'CreateUser', { UserName: 'alice' })
  await ram(api, 'CreateUser', { UserName: 'bob' })
  const policy = { PolicyName: 'P', PolicyDocument: DOCUMENT }
  for (const [action, params, status, code] of [
    ['CreateUser', {}, 400, 'MissingUserName'],
    ['CreateUser', { UserName: 'a b' }, 400, 'InvalidParameter.UserName.InvalidChars'],
    ['CreateUser', { UserName: 'a/../root' }, 400, 'InvalidParameter.UserName.InvalidChars'],
    ['CreateUser', { UserName: 'a\n' }, 400, 'InvalidParameter.UserName.InvalidChars'],
    ['CreateUser', { UserName: 'a'.repeat(65) }, 400, 'InvalidParameter.UserName.Length'],
    ['CreateUser', { UserName: 'x', DisplayName: '<b>' }, 400, 'InvalidParameter.DisplayName.InvalidChars'],
    ['CreateUser', { UserName: 'x', MobilePhone: 'call me' }, 400, 'InvalidParameter.MobilePhone.Format'],
    ['CreateUser', { UserName: 'x', Email: 'nobody' }, 400, 'InvalidParameter.Email.Format'],
    ['CreateUser', { UserName: 'x', Comments: 'c'.repeat(129) }, 400, 'InvalidParameter.Comments.Length'],
    ['CreateUser', { UserName: 'alice' }, 409, 'EntityAlreadyExists.User'],
    ['UpdateUser', { UserName: 'alice', NewUserName: 'b!' }, 400, 'InvalidParameter.NewUserName.InvalidChars'],
    ['UpdateUser', { UserName: 'alice', NewUserName: 'bob' }, 409, 'EntityAlreadyExists.User'],
    ['UpdateUser', { UserName: 'nobody' }, 404, 'EntityNotExist.User'],
    ['ListUsers', { MaxItems: '0' }, 400, 'InvalidMaxItems'],
    ['ListUsers', { Marker: 'a b' }, 400, 'InvalidMarker'],
    ['CreateAccessKey', { UserName: 'nobody' }, 404, 'EntityNotExist.User'],
    ['ListAccessKeys', { UserName: 'nobody' }, 404, 'EntityNotExist.User'],
    ['UpdateAccessKey', { UserName: 'alice', UserAccessKeyId: 'x', Status: 'On' }, 400, 'InvalidStatus'],
    [
      'UpdateAccessKey',
      { UserName: 'alice', UserAccessKeyId: 'x', Status: 'Active' },
      404,
      'EntityNotExist.User.AccessKey',
    ],
    ['DeleteAccessKey', { UserName: 'alice', UserAccessKeyId: 'x' }, 404, 'EntityNotExist.User.AccessKey'],
    ['DeleteAccessKey', { UserName: 'nobody', UserAccessKeyId: 'x' }, 404, 'EntityNotExist.User'],
    ['CreatePolicy', { ...policy, PolicyName: 'a_b' }, 400, 'InvalidParameter.PolicyName.InvalidChars'],
    ['CreatePolicy', { ...policy, PolicyName: 'a'.repeat(129) }, 400, 'InvalidParameter.PolicyName.Length'],
    ['CreatePolicy', { ...policy, PolicyDocument: 'x'.repeat(6145) }, 400, 'InvalidParameter.PolicyDocument.Length'],
    ['CreatePolicy', { ...policy, Description: 'x'.repeat(1025) }, 400, 'InvalidParameter.Description.Length'],
    ['CreatePolicy', { ...policy, PolicyDocument: '{' }, 400, 'MalformedPolicyDocument'],
    ['GetPolicy', { PolicyName: 'P', PolicyType: 'custom' }, 400, 'InvalidParameter.PolicyType'],
    ['GetPolicy', { PolicyName: 'P', PolicyType: 'Custom' }, 404, 'EntityNotExist.Policy'],
    ['GetPolicy', { PolicyName: 'P', PolicyType: 'System' }, 404, 'EntityNotExist.Policy'],
    ['ListPolicies', { Marker: 'P' }, 400, 'InvalidMarker'],
    ['DeletePolicy', { PolicyName: 'P' }, 404, 'EntityNotExist.Policy'],
    ['AttachPolicyToUser', { PolicyName: 'P', PolicyType: 'Custom', UserName: 'alice' }, 404, 'EntityNotExist.Policy'],
    ['AttachPolicyToUser', { PolicyName: 'P', PolicyType: 'System', UserName: 'alice' }, 404, 'EntityNotExist.Policy'],
    ['AttachPolicyToUser', { PolicyName: 'P', PolicyType: 'System', UserName: 'nobody' }, 404, 'EntityNotExist.User'],
    [
      'DetachPolicyFromUser',
      { PolicyName: 'P', PolicyType: 'System', UserName: 'alice' },
      404,
      'EntityNotExist.User.Policy',
    ],
    ['ListPoliciesForUser', { UserName: 'nobody' }, 404, 'EntityNotExist.User'],
  ] as const) {
    assert.deepEqual(
      refusal(await ram(api, action, params)),
      [status, code],
      `${action} ${JSON.stringify(params).slice(0, 90)}`,
    )
  }
})

test('a key of a user works, says who it is, is denied, and ends at once when it is switched off or deleted', async () => {
  const log = collectingLog()
  await using api = await runApi({ log: log.log })
  const { User } = userOfReply.parse((await ram(api, 'CreateUser', { UserName: 'alice' })).body)
  const key = await issueKey(api, { UserName: 'alice' })
  const who = () => api.call('GetCallerIdentity', {}, { version: STS, key })
  const userId = User['UserId']
  assert.deepEqual(fields(await who()), {
    AccountId: api.account,
    UserId: userId,
    PrincipalId: userId,
    Arn: `acs:ram::${api.account}:user/alice`,
    IdentityType: 'RAMUser',
  })
  assert.deepEqual(fields(await api.call('GetCallerIdentity', {}, { version: STS })), {
    AccountId: api.account,
    UserId: api.account,
    PrincipalId: api.account,
    Arn: `acs:ram::${api.account}:root`,
    IdentityType: 'Account',
  })

  const denied = await ram(api, 'CreateUser', { UserName: 'mallory' }, key)
  assert.deepEqual(refusal(denied), [403, 'NoPermission'])
  assert.partialDeepStrictEqual(denied.body['AccessDeniedDetail'], {
    AuthAction: 'ram:CreateUser',
    Resource: `acs:ram::${api.account}:user/mallory`,
    NoPermissionType: 'ImplicitDeny',
    AuthPrincipalType: 'SubUser',
  })
  // Whether a user is there is not told either.
  assert.deepEqual(refusal(await ram(api, 'GetUser', { UserName: 'nobody' }, key)), [403, 'NoPermission'])
  assert.deepEqual(refusal(await ram(api, 'CreateAccessKey', {}, key)), [403, 'NoPermission'])
  assert.deepEqual(refusal(await api.call('DescribeBackupGatewayList', {}, { key })), [403, 'Request.Forbidden'])

  const named = { UserName: 'alice', UserAccessKeyId: key.accessKeyId }
  assert.deepEqual(fields(await ram(api, 'UpdateAccessKey', { ...named, Status: 'Inactive' })), {})
  assert.deepEqual(refusal(await who()), [400, 'InvalidAccessKeyId.Inactive'])
  const listed = z
    .object({ AccessKeys: z.object({ AccessKey: z.array(z.record(z.string(), z.string())) }) })
    .parse(fields(await ram(api, 'ListAccessKeys', { UserName: 'alice' }))).AccessKeys.AccessKey
  assert.deepEqual(
    listed.map(({ AccessKeyId, Status }) => ({ AccessKeyId, Status })),
    [{ AccessKeyId: key.accessKeyId, Status: 'Inactive' }],
  )
  await ram(api, 'UpdateAccessKey', { ...named, Status: 'Active' })
  assert.equal((await who()).status, 200)
  const second = await issueKey(api, { UserName: 'alice' })
  assert.deepEqual(refusal(await ram(api, 'CreateAccessKey', { UserName: 'alice' })), [
    409,
    'LimitExceeded.User.AccessKey',
  ])
  assert.deepEqual(refusal(await ram(api, 'DeleteUser', { UserName: 'alice' })), [409, 'DeleteConflict.User.AccessKey'])
  assert.deepEqual(fields(await ram(api, 'DeleteAccessKey', named)), {})
  assert.deepEqual(refusal(await who()), [404, 'InvalidAccessKeyId.NotFound'])
  await ram(api, 'DeleteAccessKey', { UserName: 'alice', UserAccessKeyId: second.accessKeyId })
  assert.deepEqual(fields(await ram(api, 'DeleteUser', { UserName: 'alice' })), {})
  const lines = log.lines().join('\n')
  assert.ok(lines.includes('CreateAccessKey'))
  for (const { secret } of [key, second]) assert.ok(!lines.includes(secret), 'no secret in the log')
})

test('without a name the keys of the caller are meant', async () => {
  await using api = await runApi()
  const key = await issueKey(api, {})
  assert.equal(fields(await api.call('GetCallerIdentity', {}, { version: STS, key }))['IdentityType'], 'Account')
  assert.deepEqual(fields(await ram(api, 'DeleteAccessKey', { UserAccessKeyId: key.accessKeyId }, key)), {})
  assert.deepEqual(refusal(await ram(api, 'ListUsers', {}, key)), [404, 'InvalidAccessKeyId.NotFound'])
})

test('policies are made, read, listed, attached, detached and deleted as on the original service', async () => {
  await using api = await runApi()
  await ram(api, 'CreateUser', { UserName: 'alice' })
  const given = { PolicyName: 'Reader', PolicyDocument: DOCUMENT, Description: 'reads lists' }
  const policySchema = z.object({ Policy: z.record(z.string(), z.unknown()) })
  const { CreateDate, UpdateDate, ...created } = policySchema.parse(
    fields(await ram(api, 'CreatePolicy', given)),
  ).Policy
  assert.deepEqual(created, {
    PolicyName: 'Reader',
    PolicyType: 'Custom',
    Description: 'reads lists',
    DefaultVersion: 'v1',
    AttachmentCount: 0,
  })
  assert.match(String(CreateDate), TIME)
  assert.equal(UpdateDate, CreateDate)
  assert.deepEqual(refusal(await ram(api, 'CreatePolicy', given)), [409, 'EntityAlreadyExists.Policy'])

  const custom = { PolicyType: 'Custom', PolicyName: 'Reader' }
  const system = { PolicyType: 'System', PolicyName: 'AliyunDBSReadOnlyAccess' }
  for (const policy of [custom, system]) {
    assert.deepEqual(fields(await ram(api, 'AttachPolicyToUser', { ...policy, UserName: 'alice' })), {})
    const again = await ram(api, 'AttachPolicyToUser', { ...policy, UserName: 'alice' })
    assert.deepEqual(refusal(again), [409, 'EntityAlreadyExists.User.Policy'])
  }
  const got = fields(await ram(api, 'GetPolicy', custom))
  assert.deepEqual(got, {
    Policy: { ...created, CreateDate, UpdateDate, AttachmentCount: 1 },
    DefaultPolicyVersion: { VersionId: 'v1', IsDefaultVersion: true, PolicyDocument: DOCUMENT, CreateDate },
  })
  assert.match(JSON.stringify(fields(await ram(api, 'GetPolicy', system))), /"PolicyDocument":".*dbs:Describe\*/)

  const list = z.object({
    Policies: z.object({ Policy: z.array(z.looseObject({ PolicyName: z.string(), PolicyType: z.string() })) }),
    IsTruncated: z.boolean().optional(),
    Marker: z.string().optional(),
  })
  const names = ({ Policies }: z.output<typeof list>) => Policies.Policy.map((each) => each.PolicyName)
  const attached = list.parse(fields(await ram(api, 'ListPoliciesForUser', { UserName: 'alice' })))
  assert.deepEqual(names(attached), ['Reader', 'AliyunDBSReadOnlyAccess'])
  assert.match(String(attached.Policies.Policy[0]?.['AttachDate']), TIME)

  await ram(api, 'CreatePolicy', { ...given, PolicyName: 'Second' })
  const pages: string[][] = []
  for (let marker: string | undefined = ''; marker !== undefined && pages.length < 9; ) {
    const page: z.output<typeof list> = list.parse(
      fields(await ram(api, 'ListPolicies', { MaxItems: '1', Marker: marker })),
    )
    pages.push(names(page))
    assert.equal(page.IsTruncated, page.Marker !== undefined)
    marker = page.Marker
  }
  assert.deepEqual(
    pages,
    [...SYSTEM, 'Reader', 'Second'].map((name) => [name]),
  )
  const only = async (PolicyType: string) => names(list.parse(fields(await ram(api, 'ListPolicies', { PolicyType }))))
  assert.deepEqual(await only('System'), SYSTEM)
  assert.deepEqual(await only('Custom'), ['Reader', 'Second'])

  assert.deepEqual(refusal(await ram(api, 'DeleteUser', { UserName: 'alice' })), [409, 'DeleteConflict.User.Policy'])
  assert.deepEqual(refusal(await ram(api, 'DeletePolicy', { PolicyName: 'Reader' })), [
    409,
    'DeleteConflict.Policy.User',
  ])
  for (const policy of [custom, system]) await ram(api, 'DetachPolicyFromUser', { ...policy, UserName: 'alice' })
  const gone = await ram(api, 'DetachPolicyFromUser', { ...custom, UserName: 'alice' })
  assert.deepEqual(refusal(gone), [404, 'EntityNotExist.User.Policy'])
  assert.deepEqual(fields(await ram(api, 'DeletePolicy', { PolicyName: 'Reader' })), {})
  assert.deepEqual(fields(await ram(api, 'DeleteUser', { UserName: 'alice' })), {})
})

test('row 14: the root of another account meets the same answers as where there is nothing', async () => {
  await using api = await runApi()
  const { key: foreign } = await api.addAccount()
  await ram(api, 'CreateUser', { UserName: 'alice' })
  await ram(api, 'CreatePolicy', { PolicyName: 'P', PolicyDocument: DOCUMENT })
  const { accessKeyId } = await issueKey(api, { UserName: 'alice' })
  const said = async (action: string, params: Record<string, string>) => {
    const { RequestId: _, Recommend: __, ...rest } = (await ram(api, action, params, foreign)).body
    return rest
  }
  for (const [action, there, nowhere] of [
    ['GetUser', { UserName: 'alice' }, { UserName: 'alicf' }],
    ['UpdateUser', { UserName: 'alice', NewComments: 'x' }, { UserName: 'alicf', NewComments: 'x' }],
    ['DeleteUser', { UserName: 'alice' }, { UserName: 'alicf' }],
    ['CreateAccessKey', { UserName: 'alice' }, { UserName: 'alicf' }],
    ['ListAccessKeys', { UserName: 'alice' }, { UserName: 'alicf' }],
    ['DeleteAccessKey', { UserAccessKeyId: accessKeyId }, { UserAccessKeyId: 'x' }],
    [
      'UpdateAccessKey',
      { UserAccessKeyId: accessKeyId, Status: 'Inactive' },
      { UserAccessKeyId: 'x', Status: 'Active' },
    ],
    ['GetPolicy', { PolicyName: 'P', PolicyType: 'Custom' }, { PolicyName: 'Q', PolicyType: 'Custom' }],
    ['DeletePolicy', { PolicyName: 'P' }, { PolicyName: 'Q' }],
    ['ListPoliciesForUser', { UserName: 'alice' }, { UserName: 'alicf' }],
  ] as const) {
    const answer = await said(action, there)
    assert.equal(answer['HttpStatusCode'], 404, action)
    assert.deepEqual(answer, await said(action, nowhere), action)
  }
  assert.deepEqual((await said('ListUsers', {}))['Users'], { User: [] })
  assert.deepEqual((await said('ListPolicies', { PolicyType: 'Custom' }))['Policies'], { Policy: [] })
})

test('row 7: a repeated request makes no second user, also after a restart', async () => {
  await using api = await runApi()
  const make = () => api.call('CreateAccessKey', {}, { version: RAM, nonce: 'once' })
  assert.equal((await make()).status, 200)
  assert.equal((await make()).body['Code'], 'SignatureNonceUsed')
  await api.restart()
  assert.equal((await make()).body['Code'], 'SignatureNonceUsed')
})

test('row 32: who may manage a user gives her only the policies that he may give', async () => {
  await using api = await runApi()
  for (const UserName of ['alice', 'bob']) await ram(api, 'CreateUser', { UserName })
  const statement = {
    Effect: 'Allow',
    Action: ['ram:AttachPolicyToUser', 'ram:DetachPolicyFromUser'],
    Resource: ['acs:ram:*:*:user/*', 'acs:ram:*:*:policy/Reader'],
  }
  const delegated = JSON.stringify({ Version: '1', Statement: [statement] })
  await ram(api, 'CreatePolicy', { PolicyName: 'Delegate', PolicyDocument: delegated })
  await ram(api, 'CreatePolicy', { PolicyName: 'Reader', PolicyDocument: DOCUMENT })
  await ram(api, 'AttachPolicyToUser', { PolicyType: 'Custom', PolicyName: 'Delegate', UserName: 'bob' })
  const key = await issueKey(api, { UserName: 'bob' })

  const reader = { PolicyType: 'Custom', PolicyName: 'Reader', UserName: 'alice' }
  for (const action of ['AttachPolicyToUser', 'DetachPolicyFromUser']) {
    assert.deepEqual(fields(await ram(api, action, reader, key)), {})
  }
  const all = { PolicyType: 'System', PolicyName: 'AdministratorAccess', UserName: 'bob' }
  for (const action of ['AttachPolicyToUser', 'DetachPolicyFromUser']) {
    const denied = await ram(api, action, all, key)
    assert.deepEqual(refusal(denied), [403, 'NoPermission'])
    assert.partialDeepStrictEqual(denied.body['AccessDeniedDetail'], {
      Resource: 'acs:ram::system:policy/AdministratorAccess',
    })
  }
})
