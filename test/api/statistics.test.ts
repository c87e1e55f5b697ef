import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import type { Outcome } from '../../src/model/listing.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { database, runApi, type RunningApi } from './running-api.ts'

const OURS = { version: '2026-12-01' }
const MINUTE_MS = 60_000
const failures = z.object({ Failure: z.array(z.object({ Code: z.string(), Count: z.number() })) })
const statistics = z.object({
  Time: z.string(),
  Complete: z.boolean(),
  Gateways: z.record(z.string(), z.number()),
  QueuedTasks: z.number(),
  RunningTasks: z.number(),
  Failures: failures,
  OtherFailures: z.number(),
  PerMinute: z.object({
    Minute: z.array(
      z.object({
        Start: z.string(),
        Complete: z.boolean(),
        Succeeded: z.number(),
        Failed: z.number(),
        Cancelled: z.number(),
        TimedOut: z.number(),
        LatencyP50Ms: z.number().optional(),
        LatencyP90Ms: z.number().optional(),
        LatencyP99Ms: z.number().optional(),
        Failures: failures,
        OtherFailures: z.number(),
      }),
    ),
  }),
})

async function ask(api: RunningApi, Minutes: number, key = api.key) {
  const { status, body } = await api.call('GetStatistics', { Minutes: String(Minutes) }, { ...OURS, key })
  assert.equal(status, 200, JSON.stringify(body))
  return statistics.parse(body)
}

const failed = (code: string): Outcome => ({ kind: 'failure', code, message: 'no', step: 'login', steps: [] })

async function run(
  api: RunningApi,
  gateway: number,
  parts: { ms: number; clock: ReturnType<typeof manualClock>; code?: string },
) {
  const made = await api.call('CreateGetDBListFromAgentTask', {
    BackupGatewayId: String(gateway),
    DatabaseType: 'MySQL',
  })
  const { id } = (await api.tasks.list(api.account, {}, { limit: 1 })).tasks[0] ?? {}
  assert.ok(id !== undefined && id === made.body['TaskId'])
  parts.clock.advance(parts.ms)
  const { code } = parts
  const result = code === undefined ? [database('crm')] : failed(code)
  const found = await api.fleet.search(api.account, {}, { limit: 1 })
  const [one] = found.gateways
  assert.ok(one)
  await api.finish(one.id, id, result)
}

test('what ended in each minute, how, why and how long it took: now, later, and counted again by a new process', async () => {
  const clock = manualClock(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS)
  await using api = await runApi({ clock })
  const gateway = await api.addGateway()
  const other = await api.addAccount()
  const began = clock.now()
  for (const ms of [100, 200, 300, 4_000]) await run(api, gateway, { ms, clock })
  await run(api, gateway, { ms: 50, clock, code: 'Database.AuthenticationFailed' })
  const now = await ask(api, 1)
  const [first] = now.PerMinute.Minute
  assert.ok(first)
  const counted = {
    Start: new Date(began).toISOString(),
    Succeeded: 4,
    Failed: 1,
    Cancelled: 0,
    TimedOut: 0,
    LatencyP50Ms: 200,
    LatencyP90Ms: 4_000,
    LatencyP99Ms: 4_000,
    Failures: { Failure: [{ Code: 'Database.AuthenticationFailed', Count: 1 }] },
    OtherFailures: 0,
  }
  assert.deepEqual(first, { ...counted, Complete: false }, 'what ended a moment ago is in it')
  assert.equal(now.Gateways['Total'], 1)
  const created = await api.call('CreateGetDBListFromAgentTask', {
    BackupGatewayId: String(gateway),
    DatabaseType: 'MySQL',
    DeliveryTimeoutSeconds: '3600',
  })
  assert.equal((await ask(api, 1)).QueuedTasks, 1)

  clock.advance(3 * MINUTE_MS)
  const cancelled = await api.call('CancelTask', { TaskId: String(created.body['TaskId']) }, OURS)
  assert.equal(cancelled.status, 200)
  const later = await ask(api, 60)
  assert.equal(later.PerMinute.Minute.length, 60)
  assert.deepEqual(later.PerMinute.Minute.at(-4), { ...counted, Complete: true })
  const last = later.PerMinute.Minute.at(-1)
  assert.deepEqual([last?.Cancelled, last?.Failed, last?.Failures, later.QueuedTasks], [1, 0, { Failure: [] }, 0])
  assert.deepEqual(later.Failures.Failure, counted.Failures.Failure)
  assert.deepEqual((await ask(api, 60)).PerMinute, later.PerMinute, 'nothing is counted twice')
  const foreign = await ask(api, 60, other.key)
  assert.deepEqual([foreign.Gateways['Total'], foreign.Failures.Failure], [0, []])
  assert.ok(foreign.PerMinute.Minute.every(({ Succeeded, Cancelled }) => Succeeded + Cancelled === 0))
  // The minute in which it was cancelled goes on, and is whole some time later.
  clock.advance(2 * MINUTE_MS)
  const whole = (await ask(api, 60)).PerMinute.Minute.at(-3)
  assert.deepEqual([whole?.Complete, whole?.Cancelled], [true, 1])
})

test('the history of a gateway: its connection by the minute, and nothing of one that is not the own', async () => {
  const clock = manualClock(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS)
  await using api = await runApi({ clock })
  const gateway = await api.addGateway()
  const other = await api.addAccount()
  const params = { BackupGatewayId: String(gateway) }
  const empty = await api.call('GetGatewayHistory', params, OURS)
  assert.deepEqual([empty.status, empty.body['KnownSince']], [200, undefined])
  for (let i = 0; i < 4; i++) {
    api.history.seen(gateway, { rttMs: 10 + i, driftMs: -40, running: i })
    clock.advance(15_000)
  }
  clock.advance(45_000)
  const { body } = await api.call('GetGatewayHistory', params, OURS)
  const { Minute } = z.object({ Minute: z.array(z.record(z.string(), z.unknown())) }).parse(body['PerMinute'])
  assert.equal(Minute.length, 60)
  const ping = { RoundTripMs: 11.5, ClockDriftMs: -40, RunningTasks: 3 }
  const at = clock.now() - 105_000
  assert.partialDeepStrictEqual(Minute.at(-2), { Start: new Date(at).toISOString(), OnlineSeconds: 60, ...ping })
  assert.deepEqual([Minute.at(-1)?.['OnlineSeconds'], Minute.at(-1)?.['RoundTripMs']], [30, undefined])
  assert.equal(body['KnownSince'], new Date(at).toISOString())
  const foreign = await api.call('GetGatewayHistory', params, { ...OURS, key: other.key })
  assert.equal(foreign.body['Code'], 'BackupGateway.NotFound')
})
