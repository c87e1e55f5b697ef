import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { runApi } from './running-api.ts'

const OURS = { version: '2026-12-01' }
const RAM = { version: '2015-05-01' }
const keyAnswer = z.object({ AccessKey: z.object({ AccessKeyId: z.string(), AccessKeySecret: z.string() }) })
const shown = z.object({
  Policy: z.object({ PolicyName: z.string(), Description: z.string(), AttachmentCount: z.number() }),
  DefaultPolicyVersion: z.object({ PolicyDocument: z.string() }),
})
const document = (...actions: string[]) =>
  JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] })

test('a policy that is changed counts from the next request on; who has everything but RAM cannot change hers', async () => {
  await using api = await runApi()
  const policy = { PolicyName: 'p', PolicyType: 'Custom' }
  await api.call('CreateUser', { UserName: 'alice' }, RAM)
  await api.call('CreatePolicy', { PolicyName: 'p', PolicyDocument: document('dbs:*'), Description: 'old' }, RAM)
  await api.call('AttachPolicyToUser', { UserName: 'alice', ...policy }, RAM)
  const { AccessKey } = keyAnswer.parse((await api.call('CreateAccessKey', { UserName: 'alice' }, RAM)).body)
  const key = { accessKeyId: AccessKey.AccessKeyId, secret: AccessKey.AccessKeySecret }
  const update = async (PolicyDocument: string, more: object = {}) => {
    const { status, body } = await api.call('UpdatePolicy', { PolicyName: 'p', PolicyDocument }, { ...OURS, ...more })
    return status === 200 ? 'OK' : body['Code']
  }
  const listed = async () => (await api.call('ListTasks', {}, { ...OURS, key })).status
  const now = async () => shown.parse((await api.call('GetPolicy', policy, RAM)).body)

  assert.equal(await listed(), 403)
  const wide = document('dbs:*', 'postern:*')
  assert.equal(await update(wide), 'OK')
  assert.equal(await listed(), 200)
  assert.equal(await update(document('*'), { key }), 'NoPermission')
  assert.equal(await update('{"Version":"1"}'), 'MalformedPolicyDocument')
  const { key: foreign } = await api.addAccount()
  assert.equal(await update(document('*'), { key: foreign }), 'EntityNotExist.Policy')
  assert.deepEqual(await now(), {
    Policy: { PolicyName: 'p', Description: 'old', AttachmentCount: 1 },
    DefaultPolicyVersion: { PolicyDocument: wide },
  })
  const described = { PolicyName: 'p', PolicyDocument: wide, Description: 'new' }
  assert.equal((await api.call('UpdatePolicy', described, OURS)).status, 200)
  assert.equal((await now()).Policy.Description, 'new')
  const ofSystem = { PolicyName: 'AdministratorAccess', PolicyDocument: wide }
  assert.equal((await api.call('UpdatePolicy', ofSystem, OURS)).body['Code'], 'EntityNotExist.Policy')
})
