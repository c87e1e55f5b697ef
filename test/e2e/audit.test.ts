import assert from 'node:assert/strict'
import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { z } from 'zod'
import { createApiClient } from '../../src/cli/api-client.ts'
import { codeBlocks } from '../docs/code-blocks.ts'
import { DBS, startGateway, startServer, type TestServer } from '../fixtures/postern.ts'
import { postern } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const RAM = '2015-05-01'
const POSTERN = '2026-12-01'
const CONFIG = 'endpoints:\n  - { engine: MySQL, host: db, user: u }\n'
const OTHER_GATEWAY = JSON.stringify({
  Version: '1',
  Statement: [{ Effect: 'Allow', Action: 'dbs:*', Resource: 'acs:dbs:*:*:backupgateway/1' }],
})
const entry = z.looseObject({
  kind: z.string(),
  action: z.string().optional(),
  outcome: z.string().optional(),
  requestId: z.string().optional(),
  denied: z.boolean().optional(),
  counts: z.record(z.string(), z.number()).optional(),
  ids: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  target: z.looseObject({ resource: z.string() }).optional(),
})
const accessKey = z.object({ AccessKey: z.object({ AccessKeyId: z.string(), AccessKeySecret: z.string() }) })

async function entries(data: string) {
  const { stdout } = await postern(['audit', 'list', '--data', data, '--output', 'json'])
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => entry.parse(JSON.parse(line)))
}

async function userWithKey(server: TestServer, folder: string, name: string) {
  await server.call('CreateUser', { UserName: name }, RAM)
  const made = accessKey.parse((await server.call('CreateAccessKey', { UserName: name }, RAM)).body).AccessKey
  const keyFile = join(folder, `${name}.json`)
  writeFileSync(keyFile, JSON.stringify(made), { mode: 0o600 })
  return { ...made, api: await createApiClient({ endpoint: server.url, keyFile }, {}) }
}

test('row 33: changes, denials and sign-ins are in the audit trail with their RequestId, secrets are not, also after a kill', async () => {
  await using folder = await tempFolder('audit')
  await using server = await startServer(folder.path)
  const alice = await userWithKey(server, folder.path, 'alice')
  const again = await server.call('CreateUser', { UserName: 'alice' }, RAM)
  const forbidden = await alice.api.call('DescribeBackupGatewayList', { version: DBS, params: {} })
  assert.equal(forbidden.body['Code'], 'Request.Forbidden')
  await using gateway = await startGateway(server, folder.path, { config: CONFIG })

  const policy = { PolicyName: 'Other', PolicyDocument: OTHER_GATEWAY }
  assert.equal((await server.call('CreatePolicy', policy, RAM)).status, 200)
  const attach = { PolicyName: 'Other', PolicyType: 'Custom', UserName: 'alice' }
  assert.equal((await server.call('AttachPolicyToUser', attach, RAM)).status, 200)
  const created = await server.call('CreateGetDBListFromAgentTask', {
    BackupGatewayId: gateway.id,
    DatabaseType: 'MySQL',
  })
  const { TaskId } = z.object({ TaskId: z.number() }).parse(created.body)
  const read = (id: number) => alice.api.call('GetDBListFromAgent', { version: DBS, params: { TaskId: String(id) } })
  const hidden = await read(TaskId)
  assert.equal(hidden.body['Code'], 'Task.NotFound')
  const none = await read(123_456_789_012_345)
  assert.equal(none.body['Code'], 'Task.NotFound')
  await server.call('GetDBListFromAgent', { TaskId: String(TaskId) })

  const token = z
    .object({ EnrollmentToken: z.string() })
    .parse((await server.call('CreateGatewayEnrollment', {}, POSTERN)).body).EnrollmentToken
  const wrong = { ...server.accessKey, AccessKeySecret: `${server.accessKey.AccessKeySecret.slice(0, -1)}!` }
  const wrongFile = join(folder.path, 'wrong.json')
  writeFileSync(wrongFile, JSON.stringify(wrong), { mode: 0o600 })
  const stranger = await createApiClient({ endpoint: server.url, keyFile: wrongFile }, {})
  for (let n = 0; n < 3; n++) await stranger.call('DescribeRegions', { version: DBS, params: {} })

  await server.process().kill('SIGKILL')
  const found = await postern(['audit', 'verify', '--data', server.data])
  assert.equal(found.code, 0, found.stderr)
  const before = await entries(server.data)
  const withId = (id: unknown) => before.find(({ requestId }) => requestId === id)
  assert.equal(withId(again.body['RequestId'])?.outcome, 'EntityAlreadyExists.User')
  assert.deepEqual(
    [withId(forbidden.body['RequestId'])?.outcome, withId(forbidden.body['RequestId'])?.denied],
    ['Request.Forbidden', true],
  )
  const denied = withId(hidden.body['RequestId'])
  assert.deepEqual([denied?.outcome, denied?.denied, denied?.ids?.['TaskId']], ['Task.NotFound', true, TaskId])
  assert.match(denied?.target?.resource ?? '', new RegExp(`backupgateway/${gateway.id}$`))
  assert.equal(withId(none.body['RequestId'])?.denied, undefined)
  assert.equal(withId(none.body['RequestId'])?.outcome, 'Task.NotFound')
  const create = withId(created.body['RequestId'])
  assert.deepEqual([create?.outcome, create?.ids], ['OK', { TaskId, BackupGatewayId: Number(gateway.id) }])
  const keys = before.filter(({ action }) => action === 'CreateAccessKey')
  assert.equal(keys[0]?.ids?.['AccessKeyId'], alice.AccessKeyId)
  for (const action of ['EnrollGateway', 'ConnectGateway']) {
    assert.ok(
      before.some((each) => each.kind === 'sign-in' && each.action === action && each.outcome === 'OK'),
      action,
    )
  }
  // A successful read is none of them, unless a setting says so.
  assert.ok(!before.some(({ action, outcome }) => action === 'GetDBListFromAgent' && outcome === 'OK'))

  await server.start()
  for (let n = 0; n < 3; n++) await stranger.call('DescribeRegions', { version: DBS, params: {} })
  await server.process().kill()
  const counted = (await entries(server.data)).filter(({ kind }) => kind === 'failures')
  const sum = counted.reduce((total, { counts }) => total + (counts?.['SignatureDoesNotMatch'] ?? 0), 0)
  assert.equal(sum, 3, JSON.stringify(counted))
  assert.equal((await postern(['audit', 'verify', '--data', server.data])).code, 0)

  const text = readdirSync(join(server.data, 'audit'))
    .map((name) => readFileSync(join(server.data, 'audit', name), 'utf8'))
    .join('')
  for (const secret of [server.accessKey.AccessKeySecret, alice.AccessKeySecret, token, 'Statement', 'postern-']) {
    assert.ok(!text.includes(secret), `${secret.slice(0, 9)} is in the trail`)
  }
})

test('successful reads are recorded where the setting says so', async () => {
  await using folder = await tempFolder('audit')
  const config = join(folder.path, 'server.yaml')
  writeFileSync(config, 'auditReads: true\n')
  await using server = await startServer(folder.path, { args: ['--config', config] })
  const answer = await server.call('DescribeRegions')
  const found = (await entries(server.data)).find(({ requestId }) => requestId === answer.body['RequestId'])
  assert.deepEqual([found?.action, found?.outcome], ['DescribeRegions', 'OK'])
})

test('the commands of the guide find what was changed, and say where', async () => {
  await using folder = await tempFolder('audit')
  await using server = await startServer(folder.path)
  await userWithKey(server, folder.path, 'alice')
  await server.process().kill()
  symlinkSync(join(ROOT, 'bin'), join(folder.path, 'bin'))
  symlinkSync(server.data, join(folder.path, 'postern-data'))
  const blocks = codeBlocks(readFileSync(join(ROOT, 'docs/guide/audit.md'), 'utf8'))
  const script = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text)
  assert.equal(script.length, 4)
  const env = { ...process.env, PATH: `${join(process.execPath, '..')}:${process.env['PATH']}` }
  const run = (text: string) => promisify(execFile)('bash', ['-euc', text], { cwd: folder.path, env, timeout: 60_000 })
  const { stdout } = await run(script.join('\n'))
  assert.match(stdout, /TIME .*PRINCIPAL .*WHAT\n(.*\n)*.*:root .*CreateAccessKey +OK +acs:ram:/)
  assert.match(stdout, /2 entries, 1 to 2, in 1 segments: nothing was changed\.\nThe noted head is in the chain\.\n$/)

  const [day = ''] = readdirSync(join(server.data, 'audit')).filter((name) => name.startsWith('20'))
  const file = join(server.data, 'audit', day)
  writeFileSync(file, readFileSync(file, 'utf8').replace('CreateUser', 'DeleteUser'))
  const changed = await postern(['audit', 'verify', '--data', server.data])
  assert.equal(changed.code, 1)
  assert.match(
    changed.stderr,
    new RegExp(`${day}:2: does not follow the line before it: entry 1 or this one was changed`),
  )
  const nowhere = await postern(['audit', 'verify', '--data', folder.path])
  assert.deepEqual([nowhere.code, /--data is the folder of a server/.test(nowhere.stderr)], [2, true])
})

async function list(data: string, ...more: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await postern(['audit', 'list', '--data', data, ...more])
  assert.equal(code, 0, stderr)
  return stdout
}

test('the trail is listed by the running server, on a stopped store, and from a copy without one', async () => {
  await using folder = await tempFolder('audit')
  await using server = await startServer(folder.path)
  await userWithKey(server, folder.path, 'alice')
  const running = await list(server.data)
  assert.match(running, /CreateUser .*\n.*CreateAccessKey /)
  await server.process().line('"operation":"list-audit"')
  const one = await list(server.data, '--action', 'CreateUser', '--output', 'json')
  assert.equal(entry.parse(JSON.parse(one)).action, 'CreateUser')

  await server.process().kill()
  assert.equal(await list(server.data), running)

  const copy = join(folder.path, 'copy')
  cpSync(join(server.data, 'audit'), join(copy, 'audit'), { recursive: true })
  assert.equal(await list(copy), running)
  const key = join(server.data, 'audit-key.pub.pem')
  const checked = await postern(['audit', 'verify', '--data', copy, '--public-key', key])
  assert.equal(checked.code, 0, checked.stderr)

  const [day = ''] = readdirSync(join(copy, 'audit')).filter((name) => name.startsWith('20'))
  writeFileSync(join(copy, 'audit', day), 'nothing\n', { flag: 'a' })
  const broken = await postern(['audit', 'list', '--data', copy])
  assert.deepEqual([broken.code, broken.stdout], [1, running], 'what is before it is told')
  assert.match(broken.stderr, new RegExp(`${day}:3: is not a line of an audit trail`))
})
