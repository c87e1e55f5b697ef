import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { z } from 'zod'
import { createApiClient } from '../../src/cli/api-client.ts'
import { DBS } from '../fixtures/postern.ts'
import { findRedis } from '../fixtures/redis.ts'
import { postern, startPostern, watchProcess } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { openNamespace } from './network-namespace.ts'

const LONG = process.env['POSTERN_FAULT_TASKS'] !== undefined
const MAIN = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts')
/** Row 24: delivery + execution + this. */
const SLACK_MS = 5_000
const PASSWORD = 'of-the-test'

test(`row 24: a task ends in time when the cable of its gateway is cut, and the gateway comes back${LONG ? '; row 28: it is seen to be gone within 45 s' : ''}`, async (t) => {
  if (!findRedis()) return t.skip('Redis is not on this machine')
  const opened = await openNamespace()
  if (typeof opened === 'string') return t.skip(opened)
  await using stack = new AsyncDisposableStack()
  const namespace = stack.use(opened)
  const { path } = stack.use(await tempFolder('cut-network'))

  const data = join(path, 'server')
  const address = `${namespace.outside}:7443`
  const server = stack.use(
    startPostern(['server', '--data', data, '--listen', address, '--drain-grace', '0', '--self-signed']),
  )
  const said = await server.line('"fingerprint"')
  await server.line('"msg":"listening"')
  const { fingerprint } = z.object({ fingerprint: z.string() }).parse(JSON.parse(said))
  const keyFile = join(data, 'root-access-key.json')
  const connection = { endpoint: `https://${address}`, keyFile, serverFingerprint: fingerprint }
  const api = await createApiClient(connection, {})
  const call = (action: string, params: Record<string, string>) => api.call(action, { version: DBS, params })

  const inside = (program: string, args: readonly string[]) => [...namespace.enter, program, ...args] as const
  const start = (program: string, args: readonly string[]) => {
    const [nsenter, ...rest] = inside(program, args)
    return stack.use(watchProcess(spawn(nsenter ?? '', rest, { stdio: ['ignore', 'pipe', 'pipe'], cwd: path })))
  }
  const redis = start('redis-server', ['--bind', '127.0.0.1', '--save', '', '--requirepass', PASSWORD])
  await redis.line('Ready to accept connections')
  const [nsenter = '', ...seed] = inside('redis-cli', ['-e', '--no-auth-warning', 'SET', 'k', 'v'])
  await promisify(execFile)(nsenter, seed, { timeout: 20_000, env: { ...process.env, REDISCLI_AUTH: PASSWORD } })

  const fromOutside = ['--endpoint', connection.endpoint, '--key-file', keyFile, '--server-fingerprint', fingerprint]
  const token = await postern(['gateway', 'token', '--name', 'plant', ...fromOutside])
  assert.equal(token.code, 0, token.stderr)
  const identity = join(path, 'gateway')
  const enrolled = await postern(['gateway', 'enroll', '--server', connection.endpoint, '--data', identity], {
    env: { POSTERN_ENROLLMENT_TOKEN: token.stdout.trim() },
  })
  assert.equal(enrolled.code, 0, enrolled.stderr)
  const config = join(path, 'gateway.yaml')
  const endpoint = `{ engine: Redis, host: 127.0.0.1, user: default, password: ${PASSWORD}, tls: { mode: off } }`
  await writeFile(config, `endpoints:\n  - ${endpoint}\n`, { mode: 0o600 })
  const gateway = start(process.execPath, [MAIN, 'gateway', 'run', '--data', identity, '--config', config])
  await gateway.line('"msg":"connected"')
  const { body } = await call('DescribeBackupGatewayList', {})
  const id = /"BackupGatewayId":"?(\d+)/.exec(JSON.stringify(body))?.[1] ?? ''

  const create = async (deliverySeconds: number) => {
    const params = { BackupGatewayId: id, DatabaseType: 'Redis', ExecutionTimeoutSeconds: '3' }
    const made = await call('CreateGetDBListFromAgentTask', {
      ...params,
      DeliveryTimeoutSeconds: String(deliverySeconds),
    })
    return String(z.object({ TaskId: z.number() }).parse(made.body, { error: () => JSON.stringify(made.body) }).TaskId)
  }
  /** Asked again and again, as long as it may take. */
  const endOf = async (TaskId: string, ms: number) => {
    const until = performance.now() + ms
    for (;;) {
      const answer = await call('GetDBListFromAgent', { TaskId, WaitSeconds: '3' })
      if (answer.body['ErrCode'] !== 'Task.NotFinished' || performance.now() > until) return answer.body
    }
  }
  const statusOf = async () =>
    /"BackupGatewayStatus":"(\w+)"/.exec(JSON.stringify((await call('DescribeBackupGatewayList', {})).body))?.[1]
  assert.deepEqual((await endOf(await create(20), 23_000 + SLACK_MS))['DbList'], { dbName: ['db0'] })

  await namespace.cut()
  const cutAt = performance.now()
  const undelivered = await endOf(await create(3), 6_000 + SLACK_MS)
  assert.equal(undelivered['ErrCode'], 'BackupGateway.Offline', JSON.stringify(undelivered))
  if (LONG) {
    while ((await statusOf()) !== 'OFFLINE') {
      assert.ok(performance.now() - cutAt < 46_000 + SLACK_MS, 'it is not seen to be gone')
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    await gateway.line('the server does not answer')
  }
  await namespace.mend()
  assert.deepEqual((await endOf(await create(90), 95_000))['DbList'], { dbName: ['db0'] })
  assert.equal(await statusOf(), 'ONLINE')
})
