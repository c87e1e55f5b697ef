import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { encodeParameters, signedParametersV1 } from '../../src/access/signature-v1.ts'
import { liveSettings } from '../../src/cli/live-settings.ts'
import { startServer } from '../../src/cli/server-process.ts'
import { ENROLL_PATH } from '../../src/link/messages.ts'
import { collectingLog } from '../api/collecting-log.ts'
import { send } from '../api/running-api.ts'
import { eventually } from '../fixtures/eventually.ts'
import { freePort } from '../fixtures/free-port.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { newSigningKey } from '../fixtures/signing-key.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

test('settings that change while the server runs', async (t) => {
  await using folder = await tempFolder('live-settings')
  const [data, config] = [join(folder.path, 'data'), join(folder.path, 'server.yaml')]
  const [timers, log, port] = [manualClock(), collectingLog(), await freePort()]
  // Days that pass between two ticks.
  let ahead = 0
  const clock = { ...timers, now: () => timers.now() + ahead, wall: () => timers.wall() + ahead }
  await writeFile(config, 'timestampWindowMinutes: 10\n')
  using live = liveSettings({ data, config, given: { listen: `127.0.0.1:${port}` } }, { log: log.log, clock })
  await using opened = new AsyncDisposableStack()
  const server = await startServer(live, { log: log.log, clock })
  const url = `http://127.0.0.1:${port}`
  let stopped: Promise<void> | undefined
  opened.defer(async () => {
    stopped ??= server.stop()
    await endWith(stopped)
  })
  const endWith = async (end: Promise<void>) => {
    let ended = false
    void end.then(() => (ended = true))
    await eventually('the server has stopped', () => {
      clock.advance(1_000)
      return ended
    })
  }
  const reload = async (text: string) => {
    await writeFile(config, text)
    live.reload()
  }

  const rootKey = z
    .object({ AccessKeyId: z.string(), AccessKeySecret: z.string() })
    .parse(JSON.parse(await readFile(join(data, 'root-access-key.json'), 'utf8')))
  const key = { accessKeyId: rootKey.AccessKeyId, secret: rootKey.AccessKeySecret }
  const call = (
    Action: string,
    params: Record<string, string> = {},
    options: { Version?: string; ago?: number } = {},
  ) => {
    const { Version = '2019-03-06', ago = 0 } = options
    const moment = { method: 'GET', time: clock.wall() - ago, nonce: randomUUID() } as const
    return send(`${url}/?${encodeParameters(signedParametersV1({ Action, Version, ...params }, key, moment))}`)
  }
  const codeOf = async (...given: Parameters<typeof call>) => (await call(...given)).body['Code'] ?? 'fine'
  const signedAgo = (minutes: number) => codeOf('DescribeRegions', {}, { ago: minutes * MINUTE_MS })
  const windows = async () => [await signedAgo(5), await signedAgo(20)]
  const burst = async () => [
    await codeOf('DescribeRegions'),
    await codeOf('DescribeRegions'),
    await codeOf('DescribeRegions'),
  ]
  const untilGone = (task: () => Promise<unknown>) =>
    eventually('the task is gone', async () => {
      // Not a minute at once: the store refuses a write that has waited for 5 s.
      clock.advance(2_000)
      return (await task()) === 'Task.NotFound'
    })

  await t.test('row 6: another window of the timestamp counts from then on, wider or narrower', async () => {
    const expired = 'InvalidTimeStamp.Expired'
    assert.deepEqual(await windows(), ['fine', expired])
    await reload('timestampWindowMinutes: 30\n')
    assert.deepEqual(await windows(), ['fine', 'fine'])
    await reload('timestampWindowMinutes: 1\n')
    assert.deepEqual(await windows(), [expired, expired])
  })

  await t.test('row 36: other limits of an AccessKey and of an account count from then on', async () => {
    // The clock stands still, so nothing is given back in between.
    assert.deepEqual(await burst(), ['fine', 'fine', 'fine'])
    for (const limit of ['perKey', 'perAccount']) {
      await reload(`throttle:\n  ${limit}: { perSecond: 1, burst: 2 }\n`)
      clock.advance(5_000)
      assert.deepEqual(await burst(), ['fine', 'fine', 'Throttling.User'], limit)
    }
    await reload('{}\n')
    clock.advance(5_000)
    assert.deepEqual(await burst(), ['fine', 'fine', 'fine'])
  })

  await t.test('row 21: another retention of tasks counts from then on', async () => {
    const token = (await call('CreateGatewayEnrollment', {}, { Version: '2026-12-01' })).body['EnrollmentToken']
    const publicKey = Buffer.from(newSigningKey().publicKey).toString('base64')
    const body = JSON.stringify({ token, publicKey, hostname: 'box', version: '0' })
    const { gateway } = z
      .object({ gateway: z.number() })
      .parse((await send(`${url}${ENROLL_PATH}`, { method: 'POST', body })).body)
    const endedTask = async () => {
      const params = { BackupGatewayId: String(gateway), DatabaseType: 'MySQL' }
      const made = await call('CreateGetDBListFromAgentTask', params)
      const TaskId = String(z.object({ TaskId: z.number() }).parse(made.body).TaskId)
      clock.advance(2 * MINUTE_MS)
      const code = () => codeOf('GetDBListFromAgent', { TaskId })
      await eventually('the task has ended', async () => {
        // A write that waited when the clock moved on is refused; the next second tries again.
        clock.advance(1_000)
        return (await code()) === 'BackupGateway.Offline'
      })
      return code
    }
    const older = await endedTask()
    ahead += 2 * DAY_MS
    const newer = await endedTask()
    ahead += 1.5 * DAY_MS
    await reload('taskRetentionDays: 3\n')
    await untilGone(older)
    assert.equal(await newer(), 'BackupGateway.Offline')
    await reload('taskRetentionDays: 1\ndrainGraceSeconds: 20\n')
    await untilGone(newer)
  })

  await t.test('row 29: another grace of the drain counts from then on', async () => {
    stopped = server.stop()
    assert.equal((await fetch(`${url}/readyz`)).status, 503)
    clock.advance(19_000)
    assert.equal((await fetch(`${url}/healthz`)).status, 200)
    clock.advance(1_000)
    await endWith(stopped)
    await assert.rejects(fetch(`${url}/healthz`))
  })
})
