import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import RPCClient from '@alicloud/pop-core'
import { z } from 'zod'
import { OPENAPI_CLIENTS } from '../api/openapi-client.ts'
import { startServer } from '../fixtures/postern.ts'
import { postern } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const STS = '2015-04-01'
const keyFileSchema = z.strictObject({
  AccessKeyId: z.string(),
  AccessKeySecret: z.string(),
  SecurityToken: z.string(),
  Expiration: z.string(),
})
const READ_ONLY = '{"Version":"1","Statement":[{"Effect":"Allow","Action":["dbs:Describe*","ram:*"],"Resource":"*"}]}\n'

test('row 5: a temporary key of the command line works in official clients, also after a crash of the server', async () => {
  await using folder = await tempFolder()
  await using server = await startServer(folder.path, { args: ['--log-level', 'debug'] })
  const connection = ['--endpoint', server.url, '--key-file', server.keyFile]
  const policyFile = join(folder.path, 'read-only.json')
  await writeFile(policyFile, READ_ONLY)
  const out = join(folder.path, 'job-key.json')
  const options = ['--duration', '15m', '--name', 'nightly', '--policy', policyFile, '--out', out]
  const made = await postern(['session', ...options, ...connection])
  assert.deepEqual([made.code, made.stdout], [0, ''], made.stderr)
  assert.match(made.stderr, /^The key works until \d{4}-/)
  assert.equal((await stat(out)).mode & 0o777, 0o600)
  const key = keyFileSchema.parse(JSON.parse(await readFile(out, 'utf8')))
  const life = Date.parse(key.Expiration) - Date.now()
  assert.ok(life > 800_000 && life <= 901_000, `${life} ms`)

  await server.process().kill('SIGKILL')
  await server.start()
  const { AccessKeyId: accessKeyId, AccessKeySecret: accessKeySecret, SecurityToken: securityToken } = key
  const given = { accessKeyId, accessKeySecret, securityToken }
  const pop = (apiVersion: string, more: { securityToken?: string } = {}) =>
    new RPCClient({ ...given, endpoint: server.url, apiVersion, ...more })
  for (const method of ['GET', 'POST'] as const) {
    const identity = await pop(STS).request<Record<string, unknown>>('GetCallerIdentity', {}, { method })
    assert.match(String(identity['Arn']), /^acs:ram::\d{15}:assumed-role\/caller\/nightly$/)
    assert.equal(identity['IdentityType'], 'AssumedRoleUser')
    const malformed = pop(STS, { securityToken: 'mine' }).request('GetCallerIdentity', {}, { method })
    await assert.rejects(malformed, { code: 'InvalidSecurityToken.Malformed' })
    await pop('2019-03-06').request('DescribeBackupGatewayList', {}, { method })
    await assert.rejects(pop('2019-03-06').request('DescribeRegionz', {}, { method }), {
      code: 'InvalidAction.NotFound',
    })
    await assert.rejects(pop('2015-05-01').request('CreateAccessKey', {}, { method }), { code: 'NoPermission' })
  }
  for (const [name, open] of Object.entries(OPENAPI_CLIENTS)) {
    for (const more of [{}, { signatureAlgorithm: 'v2' }] as const) {
      const call = open({ ...given, url: server.url, ...more })
      const identity = z.looseObject({ Arn: z.string() }).parse(await call('GetCallerIdentity', { version: STS }))
      assert.match(identity.Arn, /:assumed-role\/caller\/nightly$/, name)
      const denied = { BackupGatewayId: '528104736915240', DatabaseType: 'MySQL' }
      await assert.rejects(call('CreateGetDBListFromAgentTask', { query: denied }), { code: 'Request.Forbidden' }, name)
      const bare = open({ accessKeyId, accessKeySecret, url: server.url, ...more })
      await assert.rejects(bare('DescribeRegions'), { code: 'MissingSecurityToken' }, name)
    }
  }

  // The command line itself, by the file and by the environment.
  const byFile = await postern(['gateway', 'list', '--endpoint', server.url, '--key-file', out])
  assert.equal(byFile.code, 0, byFile.stderr)
  const env = {
    POSTERN_ENDPOINT: server.url,
    ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
  }
  const withToken = { ...env, ALIBABA_CLOUD_SECURITY_TOKEN: securityToken }
  const byEnvironment = await postern(['call', 'GetCallerIdentity'], { env: withToken })
  assert.equal(byEnvironment.code, 0, byEnvironment.stderr)
  const without = await postern(['gateway', 'list'], { env })
  assert.deepEqual([without.code, /MissingSecurityToken/.test(without.stderr)], [1, true], without.stderr)
  const again = await postern(['session'], { env: withToken })
  assert.deepEqual([again.code, /NoPermission/.test(again.stderr)], [1, true], again.stderr)

  const printed = await postern(['session', ...connection])
  const onStdout = keyFileSchema.parse(JSON.parse(printed.stdout))
  const output = server.process().output()
  assert.ok(output.includes(':root/session/nightly'), 'the log names the session')
  for (const secret of [accessKeySecret, securityToken, onStdout.AccessKeySecret, onStdout.SecurityToken]) {
    assert.ok(!output.includes(secret), 'no secret in the log')
  }
})

test('what is wrong with a session is said, and nothing is made', async () => {
  await using folder = await tempFolder()
  await using server = await startServer(folder.path)
  const empty = join(folder.path, 'empty.json')
  await writeFile(empty, '\n')
  const notJson = join(folder.path, 'policy.json')
  await writeFile(notJson, '{"Version":"1"}')
  const out = join(folder.path, 'key.json')
  for (const [options, code, said] of [
    [['--duration', '1d'], 2, /--duration 1d is none: it is for example 15m, 1h or 3600s/],
    [['--policy', empty], 2, /is empty/],
    [['--policy', join(folder.path, 'none.json')], 2, /none\.json cannot be read/],
    [['--policy', notJson], 1, /InvalidParameter\.PolicyGrammar.*Statement/],
    [['--duration', '2h'], 1, /InvalidParameter\.DurationSeconds.*root of an account/],
    [['--name', 'x'], 1, /InvalidParameter\.RoleSessionName/],
  ] as const) {
    const end = await postern([
      'session',
      ...options,
      '--out',
      out,
      '--endpoint',
      server.url,
      '--key-file',
      server.keyFile,
    ])
    assert.deepEqual([end.code, end.stdout], [code, ''], end.stderr)
    assert.match(end.stderr, said)
  }
  await assert.rejects(stat(out), { code: 'ENOENT' })
})
