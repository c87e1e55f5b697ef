import assert from 'node:assert/strict'
import { loadavg } from 'node:os'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { enrolInStore, type Fleet, type LightFleet, startLightFleet } from '../fixtures/light-fleet.ts'
import { namesOf, startServer, type TestServer, UNTHROTTLED, waitForTask } from '../fixtures/postern.ts'
import { processCost } from '../fixtures/process-cost.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

/** 10,000 in `npm run test:faults`. */
const GATEWAYS = Number(process.env['POSTERN_RECONNECT_GATEWAYS'] ?? 300)
const BACK_WITHIN_MS = 60_000
/** The shortest time that an official client waits for an answer by itself. */
const ANSWER_WITHIN_MS = 3_000
const CALL_EVERY_MS = 100
const CONFIG = `${UNTHROTTLED}connectionsPerAddress: 15000\n`

async function untilOnline(fleet: LightFleet, count: number, ms: number): Promise<number> {
  const began = performance.now()
  while (fleet.online < count) {
    assert.ok(performance.now() - began < ms, `${fleet.online} of ${count} gateways are back after ${ms} ms`)
    await sleep(50)
  }
  return Math.round(performance.now() - began)
}

/** One signed call every 100 ms, whether the one before was answered or not; and tasks of gateways by chance. */
function callAllTheTime(server: TestServer, { members }: Fleet) {
  const answers: { at: number; ms: number }[] = []
  const tasks: { task: number; at: number }[] = []
  const pending = new Set<Promise<void>>()
  const anyGateway = () => String(members[Math.floor(Math.random() * members.length)]?.id)
  let calls = 0
  const call = async () => {
    const gateway = anyGateway()
    const at = performance.now()
    const isCreate = ++calls % 5 === 0
    const params = isCreate
      ? { BackupGatewayId: gateway, DatabaseType: 'MySQL', SourceEndpointIP: 'db', SourceEndpointPort: '3306' }
      : { BackupGatewayIdentifier: gateway }
    const answer = await server.call(isCreate ? 'CreateGetDBListFromAgentTask' : 'DescribeBackupGatewayList', params)
    answers.push({ at, ms: performance.now() - at })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    if (isCreate) tasks.push({ task: z.object({ TaskId: z.number() }).parse(answer.body).TaskId, at })
  }
  const timer = setInterval(() => {
    const one = call().finally(() => pending.delete(one))
    pending.add(one)
    // Waited for at the end.
    one.catch(() => {})
  }, CALL_EVERY_MS)
  return {
    answers,
    tasks,
    async stop() {
      clearInterval(timer)
      await Promise.all(pending)
    },
  }
}

async function countOnline(server: TestServer): Promise<number> {
  let online = 0
  for (let page = 0; ; page++) {
    const { body } = await server.call('DescribeBackupGatewayList', { PageNum: String(page), PageSize: '100' })
    online += JSON.stringify(body).split('"BackupGatewayStatus":"ONLINE"').length - 1
    if ((page + 1) * 100 >= GATEWAYS) return online
  }
}

test(`rows 12 and 28: ${GATEWAYS} gateways are back within 60 s of a killed server's start, and calls are answered in time`, {
  timeout: 10 * 60_000,
}, async (context) => {
  await using folder = await tempFolder()
  await using server = await startServer(folder.path, { config: CONFIG })
  await server.process().kill('SIGKILL')
  const fleet = await enrolInStore(server.data, GATEWAYS)
  await server.start()
  const processes = GATEWAYS > 1_000 ? 2 : 1
  await using gateways = await startLightFleet(folder.path, { ...fleet, url: server.url, processes })
  const firstMs = await untilOnline(gateways, GATEWAYS, 2 * BACK_WITHIN_MS)
  const before = processCost(server.process().pid)

  await server.process().kill('SIGKILL')
  const killedAt = performance.now()
  await server.start()
  const startMs = Math.round(performance.now() - killedAt)
  const calls = callAllTheTime(server, fleet)
  const triesBefore = gateways.tries
  await untilOnline(gateways, 0, BACK_WITHIN_MS)
  // The children tell a moment later that they lost it.
  await sleep(200)
  const backMs = Math.round(200 + (await untilOnline(gateways, GATEWAYS, BACK_WITHIN_MS)))
  await sleep(1_000)
  await calls.stop()
  const cost = processCost(server.process().pid)

  const slowest = Math.max(...calls.answers.map(({ ms }) => ms))
  context.diagnostic(
    JSON.stringify({
      gateways: GATEWAYS,
      firstMs,
      first: before,
      startMs,
      backMs,
      tries: gateways.tries - triesBefore,
      cost,
      calls: calls.answers.length,
      slowestMs: Math.round(slowest),
      load: loadavg()[0],
    }),
  )
  assert.ok(slowest < ANSWER_WITHIN_MS, `the slowest call took ${Math.round(slowest)} ms`)
  assert.equal(await countOnline(server), GATEWAYS)
  assert.ok(calls.tasks.length > 0)
  for (const { task } of calls.tasks) assert.deepEqual(namesOf(await waitForTask(server, task, 60)), ['crm'])
})
