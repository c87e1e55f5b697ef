import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parametersOf } from '../../src/api/action-fields.ts'
import type { AnyAction } from '../../src/api/action.ts'
import { createActions } from '../../src/api/actions.ts'
import { createAccessService } from '../../src/access/access-service.ts'
import { runApi } from './running-api.ts'

/** Parameters that name something of an account: what another account has there, and what never was. */
type Things = Readonly<Record<string, readonly [foreign: string, never: string]>>

/** Parameters that name nothing of anybody. A new one is put here or among the things. */
const PLAIN = new Set(
  `DatabaseType SourceEndpointIP SourceEndpointPort DeliveryTimeoutSeconds ExecutionTimeoutSeconds ClientToken PageNum
PageSize FirstPart WaitSeconds IncludeSystemDatabases NameContains MaxResults TaskStatus CreatedAfter
CreatedBefore NextToken PolicyType PolicyDocument Description DisplayName MobilePhone
Email Comments Status MaxItems Marker Name Region
NewUserName NewDisplayName NewMobilePhone NewEmail NewComments
RoleSessionName DurationSeconds Policy
RequestedAction Resource UnknownParts Conditions
BackupGatewayStatus Minutes
EventAction EventPrincipal EventOutcome StartTime EndTime`.split(/\s+/),
)

test('row 14: with every action, what another account has answers as what never was', async () => {
  await using api = await runApi()
  // Alike, so that what each of them has itself makes no difference.
  const [asking, comparing] = [await api.addAccount(), await api.addAccount()]
  const RAM = { version: '2015-05-01' }
  const gateway = String(await api.addGateway({ region: 'plant-7' }))
  const made = await api.call('CreateGetDBListFromAgentTask', { BackupGatewayId: gateway, DatabaseType: 'MySQL' })
  const document = '{"Version":"1","Statement":[{"Effect":"Allow","Action":"dbs:*","Resource":"*"}]}'
  await api.call('CreateUser', { UserName: 'alice' }, RAM)
  await api.call('CreatePolicy', { PolicyName: 'Reader', PolicyDocument: document }, RAM)
  await api.call('AttachPolicyToUser', { PolicyName: 'Reader', PolicyType: 'Custom', UserName: 'alice' }, RAM)
  const key = await api.call('CreateAccessKey', { UserName: 'alice' }, RAM)
  const enrolled = await api.call('CreateGatewayEnrollment', {}, { version: '2026-12-01' })
  const keyId = /PSTN\w{20}/.exec(JSON.stringify(key.body))?.[0]
  assert.ok(keyId !== undefined && typeof made.body['TaskId'] === 'number')
  const things: Things = {
    BackupGatewayId: [gateway, '100000000000001'],
    TaskId: [String(made.body['TaskId']), '100000000000001'],
    Identifier: [gateway, '100000000000001'],
    SourceEndpointRegion: ['plant-7', 'plant-8'],
    UserName: ['alice', 'nobody'],
    PolicyName: ['Reader', 'Nothing'],
    EnrollmentId: [String(enrolled.body['EnrollmentId']), 'aaaaaaaaaaaaaaaaaaaa'],
    RoleArn: [`acs:ram::${api.account}:role/caller`, 'acs:ram::100000000000001:role/caller'],
    UserAccessKeyId: [keyId, 'PSTNaaaaaaaaaaaaaaaaaaaa'],
  }
  const actions: readonly AnyAction[] = createActions({
    tasks: api.tasks,
    fleet: api.fleet,
    access: createAccessService({ store: api.store.access, box: api.box }),
    audit: api.reader,
    statistics: api.statistics,
    history: api.history,
  })
  const answers = async (action: AnyAction, side: 0 | 1, left?: string) => {
    const params: Record<string, string> = {}
    for (const { name, required, example } of parametersOf(action)) {
      const thing = things[name]
      assert.ok(
        thing !== undefined || PLAIN.has(name),
        `${action.name}: say whether ${name} names a thing of an account`,
      )
      if (name === left) continue
      if (thing !== undefined) params[name] = thing[side]
      else if (required || name === 'PolicyType') params[name] = name === 'PolicyType' ? 'Custom' : example
    }
    const caller = side === 0 ? asking : comparing
    const { status, body } = await api.call(action.name, params, { version: action.version, key: caller.key })
    // What was sent may be said back, and what was just made has a random id and its time.
    let text = JSON.stringify(body).replaceAll(String(body['RequestId']), '').replaceAll(caller.account, '')
    for (const value of Object.values(params)) text = text.replaceAll(value, '*')
    return `${status} ${text.replaceAll(/"(Time|Start|UserId|CreateDate|UpdateDate|EnrollmentToken|ExpiresAt|AccessKeyId|AccessKeySecret|EnrollmentId)":"[^"]*"/g, '"$1":""')}`
  }
  assert.ok(actions.length > 20)
  // What they make themselves hides what the other has: that comes last.
  const inOrder = actions.toSorted((a, b) => Number(a.access === 'create') - Number(b.access === 'create'))
  for (const action of inOrder) {
    // All things at once, then each left out: the first that is not found must not hide the others.
    const optional = parametersOf(action).filter(({ name, required }) => !required && things[name] !== undefined)
    for (const left of [undefined, ...optional.map(({ name }) => name)]) {
      const [never, foreign] = [await answers(action, 1, left), await answers(action, 0, left)]
      assert.equal(foreign, never, `${action.name} without ${left ?? 'nothing'}`)
    }
  }
  const still = await api.call('GetUser', { UserName: 'alice' }, RAM)
  assert.equal(still.status, 200, 'nothing of the other account was changed')
})
