import assert from 'node:assert/strict'
import { test } from 'node:test'
import RPCClient from '@alicloud/pop-core'
import { z } from 'zod'
import { startServer } from '../fixtures/postern.ts'
import { postern } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const created = z.object({ AccessKey: z.object({ AccessKeyId: z.string(), AccessKeySecret: z.string() }) })

test('the official client makes a user with a key; the key is verified, denied, and ends at once', async () => {
  await using folder = await tempFolder()
  await using server = await startServer(folder.path, { args: ['--log-level', 'debug'] })
  const client = (key: { AccessKeyId: string; AccessKeySecret: string }, apiVersion: string) =>
    new RPCClient({
      accessKeyId: key.AccessKeyId,
      accessKeySecret: key.AccessKeySecret,
      endpoint: server.url,
      apiVersion,
    })
  const root = client(server.accessKey, '2015-05-01')
  await root.request('CreateUser', { UserName: 'alice' }, { method: 'POST' })
  const { AccessKey } = created.parse(await root.request('CreateAccessKey', { UserName: 'alice' }, { method: 'POST' }))

  const who = () => client(AccessKey, '2015-04-01').request<Record<string, unknown>>('GetCallerIdentity', {})
  assert.match(String((await who())['Arn']), /^acs:ram::\d{15}:user\/alice$/)
  await assert.rejects(client(AccessKey, '2019-03-06').request('DescribeBackupGatewayList', {}), {
    code: 'Request.Forbidden',
  })
  await assert.rejects(client(AccessKey, '2015-05-01').request('ListUsers', {}), { code: 'NoPermission' })
  const listed = await postern(['gateway', 'list'], {
    env: {
      POSTERN_ENDPOINT: server.url,
      ALIBABA_CLOUD_ACCESS_KEY_ID: AccessKey.AccessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: AccessKey.AccessKeySecret,
    },
  })
  assert.equal(listed.code, 1)
  assert.match(listed.stderr, /missing: dbs:DescribeBackupGatewayList on acs:dbs:\*:\d{15}:backupgateway\/\*/)
  await assert.rejects(root.request('CreateUser', { UserName: 'alice' }), { code: 'EntityAlreadyExists.User' })

  // The command line finds the version by the action.
  const env = {
    POSTERN_ENDPOINT: server.url,
    ALIBABA_CLOUD_ACCESS_KEY_ID: server.accessKey.AccessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: server.accessKey.AccessKeySecret,
  }
  const parameters = ['UserName=alice', `UserAccessKeyId=${AccessKey.AccessKeyId}`, 'Status=Inactive']
  const off = await postern(['call', 'UpdateAccessKey', ...parameters], { env })
  assert.equal(off.code, 0, off.stderr)
  await assert.rejects(who(), { code: 'InvalidAccessKeyId.Inactive' })

  const output = server.process().output()
  assert.ok(output.includes('UpdateAccessKey'), 'the server logs its requests')
  assert.ok(!output.includes(AccessKey.AccessKeySecret), 'the secret is in no log')
})
