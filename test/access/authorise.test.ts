import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AttachedPolicy, createAuthorise, type Target } from '../../src/access/authorise.ts'
import type { Principal } from '../../src/access/principal.ts'
import { NEVER_IN_A_SESSION } from '../../src/access/session-limits.ts'
import { rootOf, sessionOf, toAccessKeyId, toAccountId, toPrincipalId } from '../../src/model/ids.ts'

const account = toAccountId('100000000000001')
const key = toAccessKeyId('PSTNtest')
const root = { id: rootOf(account), account, key }
const ada = { id: toPrincipalId(`${account}:user/ada`), account, key }
const context = { sourceIp: '192.0.2.1', secure: true, time: Date.UTC(2026, 0, 1) }
const target: Target = { action: 'dbs:GetX', resource: `acs:dbs:*:${account}:backupgateway/7`, conditions: {} }
const custom = (document: string): AttachedPolicy => ({ name: 'p', type: 'Custom', document })
const authoriseBy = (...documents: string[]) => createAuthorise({ policiesOf: async () => documents.map(custom) })
const all = (Effect: 'Allow' | 'Deny', more: object = {}) =>
  JSON.stringify({ Version: '1', Statement: [{ Effect, Action: '*', Resource: '*', ...more }] })

test('row 33: the root of the account may, whatever policies say; a user only by them', async () => {
  await authoriseBy(all('Deny'))(root, target, context)
  await authoriseBy(all('Allow'))(ada, target, context)
  const otherRoot = { ...root, id: rootOf(toAccountId('100000000000002')) }
  await assert.rejects(authoriseBy()(otherRoot, target, context), { code: 'Request.Forbidden' })
})

test('row 33: a denial names the action, the resource, the caller and whether it was explicit', async () => {
  const denied = {
    AuthAction: 'dbs:GetX',
    Resource: target.resource,
    NoPermissionType: 'ImplicitDeny',
    PolicyType: 'AccountLevelIdentityBasedPolicy',
    AuthPrincipalType: 'SubUser',
    AuthPrincipalDisplayName: 'ada',
    AuthPrincipalOwnerId: account,
  }
  const forbidden = { code: 'Request.Forbidden', status: 403, message: 'Have no Permissions' }
  await assert.rejects(authoriseBy()(ada, target, context), { ...forbidden, denied })
  const explicit = { ...denied, NoPermissionType: 'ExplicitDeny' }
  await assert.rejects(authoriseBy(all('Allow'), all('Deny'))(ada, target, context), { ...forbidden, denied: explicit })
})

test("row 33: RAM's and STS's own actions are denied with their own code", async () => {
  for (const action of ['ram:CreateUser', 'sts:AssumeRole']) {
    const resource = `acs:ram:*:${account}:user/bob`
    await assert.rejects(authoriseBy()(ada, { action, resource, conditions: {} }, context), {
      code: 'NoPermission',
      status: 403,
      message: 'You are not authorized to do this action. You should be authorized by RAM.',
    })
  }
})

test('row 32: address, time and transport of the call are known, and no target can change them', async () => {
  const inside = all('Allow', {
    Condition: {
      IpAddress: { 'acs:SourceIp': '192.0.2.0/24' },
      Bool: { 'acs:SecureTransport': 'true' },
      DateLessThan: { 'acs:CurrentTime': '2026-01-01T00:00:01Z' },
    },
  })
  const authorise = authoriseBy(inside)
  await authorise(ada, target, context)
  const outside = { ...target, conditions: { 'acs:SourceIp': '192.0.2.1', 'acs:SecureTransport': 'true' } }
  for (const change of [
    { sourceIp: '198.51.100.1' },
    { sourceIp: undefined },
    { secure: false },
    { time: context.time + 1000 },
  ]) {
    await assert.rejects(authorise(ada, target, { ...context, ...change }), { code: 'Request.Forbidden' })
  }
  await assert.rejects(authorise(ada, outside, { ...context, sourceIp: '198.51.100.1' }), { code: 'Request.Forbidden' })
  await assert.rejects(authorise(ada, outside, { ...context, secure: false }), { code: 'Request.Forbidden' })
})

const session = (owner: Principal, policy?: string): Principal => ({
  id: sessionOf(owner.id, 'job'),
  account,
  key: toAccessKeyId('STS.test'),
  temporary: { parent: owner.id, parentKey: owner.key, name: 'job', policy },
})

test('row 32: a temporary key may what its owner may now and its own policy allows', async () => {
  const gets = all('Allow', { Action: 'dbs:Get*' })
  const creates = all('Allow', { Action: 'dbs:Create*' })
  await authoriseBy()(session(root), target, context)
  await authoriseBy()(session(root, gets), target, context)
  await authoriseBy(gets)(session(ada), target, context)
  await authoriseBy(gets)(session(ada, all('Allow')), target, context)
  for (const [own, policy] of [
    [[], all('Allow')],
    [[creates], all('Allow')],
    [[all('Allow')], creates],
    [[all('Allow'), all('Deny')], all('Allow')],
    [[all('Allow')], all('Deny')],
  ] as const) {
    await assert.rejects(authoriseBy(...own)(session(ada, policy), target, context), { code: 'Request.Forbidden' })
  }
  await assert.rejects(authoriseBy()(session(root, creates), target, context), { code: 'Request.Forbidden' })
})

test('row 33: a denial of a temporary key names the session, and whether its policy or its owner lacks it', async () => {
  const denied = (more: object) => ({
    denied: {
      AuthAction: 'dbs:GetX',
      Resource: target.resource,
      NoPermissionType: 'ImplicitDeny',
      AuthPrincipalType: 'AssumedRoleUser',
      AuthPrincipalDisplayName: 'caller:job',
      AuthPrincipalOwnerId: account,
      ...more,
    },
  })
  await assert.rejects(
    authoriseBy()(session(ada), target, context),
    denied({ PolicyType: 'AccountLevelIdentityBasedPolicy' }),
  )
  const creates = all('Allow', { Action: 'dbs:Create*' })
  await assert.rejects(
    authoriseBy(all('Allow'))(session(ada, creates), target, context),
    denied({ PolicyType: 'SessionPolicy' }),
  )
})

test('row 33: no temporary key makes keys or sessions or gives permissions, not even of the root', async () => {
  for (const action of NEVER_IN_A_SESSION) {
    const asked = { action, resource: `acs:ram::${account}:user/bob`, conditions: {} }
    await authoriseBy(all('Allow'))(ada, asked, context)
    for (const caller of [session(root), session(ada), session(ada, all('Allow'))]) {
      await assert.rejects(authoriseBy(all('Allow'))(caller, asked, context), { code: 'NoPermission' })
    }
  }
})

test('a change of the policies works with the next call', async () => {
  const documents: string[] = []
  const authorise = createAuthorise({ policiesOf: async () => documents.map(custom) })
  await assert.rejects(authorise(ada, target, context), { code: 'Request.Forbidden' })
  documents.push(all('Allow'))
  await authorise(ada, target, context)
  documents.push(all('Deny'))
  await assert.rejects(authorise(ada, target, context), { code: 'Request.Forbidden' })
})

test('a stored policy that cannot be read is a fault of the server and allows nothing', async () => {
  await assert.rejects(authoriseBy(all('Allow'), '{"Version":"9"}')(ada, target, context), { code: 'InternalError' })
})
