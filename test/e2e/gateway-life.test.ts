import assert from 'node:assert/strict'
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { VERSION } from '../../src/base/version.ts'
import { EXIT } from '../../src/cli/exit-code.ts'
import { eventually } from '../fixtures/eventually.ts'
import { startGateway, startServer, type TestServer } from '../fixtures/postern.ts'
import { postern, startPostern } from '../fixtures/process.ts'
import { startSilentServer } from '../fixtures/silent-server.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const gatewayList = z.object({
  Items: z.object({
    BackupGateway: z.array(z.object({ BackupGatewayId: z.string(), BackupGatewayStatus: z.string() })),
  }),
})
const created = z.object({ TaskId: z.number() })

const statuses = async (server: TestServer) =>
  gatewayList
    .parse((await server.call('DescribeBackupGatewayList')).body)
    .Items.BackupGateway.map(({ BackupGatewayStatus }) => BackupGatewayStatus)

const envOf = ({ url, accessKey }: TestServer) => ({
  POSTERN_ENDPOINT: url,
  ALIBABA_CLOUD_ACCESS_KEY_ID: accessKey.AccessKeyId,
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKey.AccessKeySecret,
})

test('a gateway that is ended politely is STOPPED, one that is killed is not', async () => {
  await using folder = await tempFolder()
  await using server = await startServer(folder.path)
  const config =
    'endpoints:\n  - { engine: MySQL, host: 127.0.0.1, port: 1, user: u, password: p, tls: { mode: off } }\n'
  await using gateway = await startGateway(server, folder.path, { config })
  assert.deepEqual(await statuses(server), ['ONLINE'])
  await gateway.process().kill('SIGTERM')
  await eventually('it is STOPPED', async () => (await statuses(server))[0] === 'STOPPED')
  await gateway.start()
  assert.deepEqual(await statuses(server), ['ONLINE'], 'it was seen again')
  await gateway.process().kill('SIGKILL')
  await server.process().line('"code":1006')
  assert.deepEqual(await statuses(server), ['ONLINE'], 'until 45 s without a round trip')
})

test('a gateway that is ended after another version was put in its place is UPGRADING until it is back', async () => {
  await using folder = await tempFolder()
  await using server = await startServer(folder.path)
  const linked = join(folder.path, 'linked')
  const place = async (version: string) => {
    await mkdir(join(folder.path, version, 'bin'), { recursive: true })
    await writeFile(join(folder.path, version, 'bin', 'postern'), '')
    await writeFile(join(folder.path, version, 'package.json'), JSON.stringify({ version }))
    await rm(linked, { force: true })
    await symlink(join(folder.path, version, 'bin', 'postern'), linked)
  }
  await place(VERSION)
  const config =
    'endpoints:\n  - { engine: MySQL, host: 127.0.0.1, port: 1, user: u, password: p, tls: { mode: off } }\n'
  const command = { env: { POSTERN_CALLED_AS: linked } }
  await using gateway = await startGateway(server, folder.path, { config, command })
  await gateway.process().kill('SIGTERM')
  await eventually('it is STOPPED', async () => (await statuses(server))[0] === 'STOPPED')
  await gateway.start()
  await place('9.9.9')
  await gateway.process().kill('SIGTERM')
  await eventually('it is UPGRADING', async () => (await statuses(server))[0] === 'UPGRADING')
  await gateway.start()
  assert.deepEqual(await statuses(server), ['ONLINE'])
})

test('a gateway is renamed, and deleted while it works: it says so, its tasks fail, and it is listed no more', async () => {
  await using folder = await tempFolder()
  await using database = await startSilentServer()
  await using server = await startServer(folder.path)
  const config = `endpoints:\n  - { engine: MySQL, host: 127.0.0.1, port: ${database.port}, user: u, password: p, tls: { mode: off } }\n`
  await using gateway = await startGateway(server, folder.path, { config })
  const env = envOf(server)

  const renamed = await postern(['gateway', 'rename', gateway.id, '--name', 'cellar 7'], { env })
  assert.equal(renamed.stdout, `${gateway.id}  cellar 7  default\n`, renamed.stderr)
  const moved = await postern(['gateway', 'move', gateway.id, '--region', 'eu-1'], { env })
  assert.equal(moved.stdout, `${gateway.id}  cellar 7  eu-1\n`, moved.stderr)

  const params = { BackupGatewayId: gateway.id, DatabaseType: 'MySQL', ExecutionTimeoutSeconds: '600' }
  const busy = database.connected()
  const { TaskId } = created.parse((await server.call('CreateGetDBListFromAgentTask', params)).body)
  await busy
  const reader = server.call('GetDBListFromAgent', { TaskId: String(TaskId), WaitSeconds: '25' })

  const unasked = await postern(['gateway', 'delete', gateway.id], { env })
  assert.equal(unasked.code, EXIT.usage)
  assert.match(unasked.stderr, /--yes/)
  const deleted = await postern(['gateway', 'delete', gateway.id, '--yes'], { env })
  assert.equal(deleted.stdout, `${gateway.id}  deleted\n`, deleted.stderr)

  const { body } = await reader
  assert.equal(body['ErrCode'], 'BackupGateway.Deleted', JSON.stringify(body))
  const said = z
    .object({ retryMs: z.number() })
    .parse(JSON.parse(await gateway.process().line('this gateway was deleted on the server')))
  assert.ok(said.retryMs >= 15 * 60_000, 'it tries rarely')
  assert.deepEqual(await statuses(server), [])
  const again = await postern(['gateway', 'delete', gateway.id, '--yes'], { env })
  assert.equal(again.code, EXIT.failed)
  assert.match(again.stderr, /BackupGateway\.NotFound/)
  assert.equal(await gateway.process().kill('SIGTERM'), 0, 'it still ends politely')

  // Its identity opens nothing any more, and the process says why.
  await using late = startPostern(['gateway', 'run', '--data', gateway.data, '--config', gateway.configFile])
  await late.line('it was deleted')
})

test('postern enrollment lists tokens without the tokens, and revokes one', async () => {
  await using folder = await tempFolder()
  await using server = await startServer(folder.path)
  const env = envOf(server)
  const token = (await postern(['gateway', 'token', '--name', 'plant-7'], { env })).stdout.trim()
  const listed = await postern(['enrollment', 'list', '--output', 'json'], { env })
  assert.ok(!listed.stdout.includes(token))
  const [only] = z.array(z.object({ EnrollmentId: z.string() })).parse(JSON.parse(listed.stdout))
  const id = only?.EnrollmentId ?? ''
  const table = await postern(['enrollment', 'list'], { env })
  assert.match(table.stdout, new RegExp(`${id}  Open    plant-7  default`))
  const revoked = await postern(['enrollment', 'revoke', id], { env })
  assert.equal(revoked.stdout, `${id}  revoked\n`, revoked.stderr)
  const refused = await postern(['gateway', 'enroll', '--server', server.url, '--data', `${folder.path}/g`], {
    env: { POSTERN_ENROLLMENT_TOKEN: token },
  })
  assert.notEqual(refused.code, EXIT.done)
  assert.match(refused.stderr, /revoked/)
})
