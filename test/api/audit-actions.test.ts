import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { createApiAudit } from '../../src/api/api-audit.ts'
import { openAuditTrail } from '../../src/audit/audit-trail.ts'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { eventually } from '../fixtures/eventually.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { type CallOptions, runApi, type RunningApi } from './running-api.ts'

const OURS = { version: '2026-12-01' }
const RAM = { version: '2015-05-01' }
const events = z.object({
  Events: z.object({ Event: z.array(z.looseObject({ Sequence: z.number(), Action: z.string().optional() })) }),
  NextToken: z.string().optional(),
})
const keyAnswer = z.object({ AccessKey: z.object({ AccessKeyId: z.string(), AccessKeySecret: z.string() }) })

async function listed(api: RunningApi, params: Record<string, string> = {}, options: CallOptions = {}) {
  const found: z.output<typeof events>['Events']['Event'] = []
  let NextToken: string | undefined
  do {
    const all = { ...params, ...(NextToken && { NextToken }) }
    const { status, body } = await api.call('ListAuditEvents', all, { ...OURS, ...options })
    assert.equal(status, 200, JSON.stringify(body))
    const page = events.parse(body)
    found.push(...page.Events.Event)
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  return found
}

test('the audit trail over the API: own account only, by filters, page by page, and its verdict', async () => {
  await using place = await tempFolder('audit')
  await using trail = await openAuditTrail({
    data: place.path,
    server: 'server-1',
    retentionMs: () => 1e12,
    clock: systemClock(),
    log: silentLog(),
  })
  await using api = await runApi({ data: place.path, audit: createApiAudit(trail, () => false) })
  const other = await api.addAccount()
  for (const UserName of ['alice', 'bob', 'carol']) await api.call('CreateUser', { UserName }, RAM)
  await api.call('CreateUser', { UserName: 'mallory' }, { ...RAM, key: other.key })
  assert.equal((await api.call('CreateUser', { UserName: 'alice' }, RAM)).status, 409)
  const names = async (params: Record<string, string>, options: CallOptions = {}) =>
    (await listed(api, params, options)).map(({ Action, Outcome }) => `${String(Action)} ${String(Outcome)}`)
  const made = 'CreateUser OK'
  const all = ['CreateUser EntityAlreadyExists.User', made, made, made]
  for (const MaxResults of ['1', '3', '100']) assert.deepEqual(await names({ MaxResults }), all)
  assert.deepEqual(await names({ EventOutcome: 'Error' }), all.slice(0, 1))
  assert.deepEqual(await names({ EventOutcome: 'OK', EventAction: 'CreateUser' }), all.slice(1))
  assert.deepEqual(await names({ EventPrincipal: `${other.account}:root` }), [])
  assert.deepEqual(await names({ StartTime: '2099-01-01' }), [])
  assert.deepEqual(await names({}, { key: other.key }), [made])
  const [newest] = await listed(api)
  assert.partialDeepStrictEqual(newest, {
    Kind: 'call',
    Principal: `${api.account}:root`,
    HttpStatus: 409,
    Address: '127.0.0.1',
    Resource: `acs:ram::${api.account}:user/alice`,
    Objects: { Object: [{ Name: 'UserName', Value: 'alice' }] },
  })
  const page = await api.call('ListAuditEvents', { MaxResults: '1' }, OURS)
  const moved = { MaxResults: '1', EventOutcome: 'OK', NextToken: String(page.body['NextToken']) }
  assert.equal((await api.call('ListAuditEvents', moved, OURS)).body['Code'], 'InvalidNextToken')

  let state: Record<string, unknown> = {}
  await eventually('the trail is checked', async () => {
    state = (await api.call('GetAuditTrailState', {}, OURS)).body
    return state['State'] === 'Intact'
  })
  assert.equal(state['Writable'], true)
  assert.match(String(state['Head']), /^\d+:[0-9a-f]{64}$/)
})

test('who may read all there is of gateways may not read the audit trail', async () => {
  await using api = await runApi()
  await api.call('CreateUser', { UserName: 'alice' }, RAM)
  const { AccessKey } = keyAnswer.parse((await api.call('CreateAccessKey', { UserName: 'alice' }, RAM)).body)
  const key = { accessKeyId: AccessKey.AccessKeyId, secret: AccessKey.AccessKeySecret }
  const attach = (PolicyName: string) =>
    api.call('AttachPolicyToUser', { UserName: 'alice', PolicyName, PolicyType: 'System' }, RAM)
  const codes = async () => [
    (await api.call('ListAuditEvents', {}, { ...OURS, key })).body['Code'],
    (await api.call('GetAuditTrailState', {}, { ...OURS, key })).body['Code'],
  ]
  await attach('AliyunDBSFullAccess')
  assert.deepEqual(await codes(), ['Request.Forbidden', 'Request.Forbidden'])
  await attach('AdministratorAccess')
  assert.deepEqual(await codes(), [undefined, undefined])
})
