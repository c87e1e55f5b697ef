import assert from 'node:assert/strict'
import { loadavg } from 'node:os'
import { test } from 'node:test'
import { z } from 'zod'
import { eventually } from '../fixtures/eventually.ts'
import { startServer, type TestServer, UNTHROTTLED } from '../fixtures/postern.ts'
import { processCost } from '../fixtures/process-cost.ts'
import { connectScripted, enrollKey } from '../fixtures/scripted-gateway.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

/** 5,000 and 3,000 in `npm run test:faults`. */
const CREATES = Number(process.env['POSTERN_OVERLOAD_CREATES'] ?? 2_200)
const READERS = Number(process.env['POSTERN_OVERLOAD_READERS'] ?? 300)
const SLOW_COMMITS = new URL('../fixtures/slow-commit.ts', import.meta.url).href
/** With at most 512 creates in a commit the last ones would wait far longer than anybody does. */
const COMMIT_MS = 2_000
/** 5 s for the queue, the commits that were on their way, and what a busy machine adds. */
const ANSWER_WITHIN_MS = 20_000
const WAIT_SECONDS = 25
const MOST_MIB = 1_024
const CONFIG = `${UNTHROTTLED}connectionsPerAddress: 15000\n`

const taskOf = (body: unknown) => z.object({ TaskId: z.number() }).parse(body).TaskId

/** The fastest of some calls: what is measured is the server, not the moment. */
async function quickCall(server: TestServer): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY
  for (let i = 0; i < 10; i++) {
    const began = performance.now()
    assert.equal((await server.call('DescribeBackupGatewayList', {})).status, 200)
    fastest = Math.min(fastest, performance.now() - began)
  }
  return fastest
}

test(`row 12: ${CREATES} creates at a time on a slow disk beside ${READERS} readers are answered soon, and nothing acknowledged is lost`, {
  timeout: 5 * 60_000,
}, async (context) => {
  await using folder = await tempFolder()
  await using server = await startServer(folder.path, { config: CONFIG })
  const enrolled = await enrollKey(server.url, server.api)
  const params = { BackupGatewayId: String(enrolled.identity.gateway), DatabaseType: 'MySQL', SourceEndpointIP: 'db' }
  const first = taskOf((await server.call('CreateGetDBListFromAgentTask', params)).body)
  const beforeMs = await quickCall(server)

  const slowest: Record<string, number> = {}
  const timed = async (what: string, call: ReturnType<TestServer['call']>, began = performance.now()) => {
    const answer = await call
    const code = answer.status === 200 ? 'OK' : String(answer.body['ErrCode'])
    const name = `${what} ${code}`
    counts[name] = (counts[name] ?? 0) + 1
    slowest[name] = Math.max(slowest[name] ?? 0, Math.round(performance.now() - began))
    return answer
  }
  const counts: Record<string, number> = {}

  await server.process().kill()
  await using slow = await startServer(folder.path, {
    config: CONFIG,
    command: { nodeArgs: ['--import', SLOW_COMMITS], env: { POSTERN_TEST_COMMIT_MS: String(COMMIT_MS) } },
  })
  const wait = { TaskId: String(first), WaitSeconds: String(WAIT_SECONDS) }
  const readers = Array.from({ length: READERS }, () => timed('read', slow.call('GetDBListFromAgent', wait)))
  const creates = Array.from({ length: CREATES }, () =>
    timed('create', slow.call('CreateGetDBListFromAgentTask', params)),
  )
  const made = (await Promise.all(creates)).flatMap((answer) => {
    if (answer.status === 200) return [taskOf(answer.body)]
    assert.ok([429, 503].includes(answer.status), JSON.stringify(answer.body))
    return []
  })
  // It has recovered as soon as the load is over.
  let afterMs = Number.POSITIVE_INFINITY
  await eventually('a call is as fast as before', async () => {
    afterMs = await quickCall(slow)
    return afterMs < 3 * beforeMs + 50
  })
  await Promise.all(readers)
  const { peakMiB } = processCost(slow.process().pid)
  context.diagnostic(JSON.stringify({ counts, slowest, beforeMs, afterMs, peakMiB, load: loadavg()[0] }))
  for (const [name, ms] of Object.entries(slowest)) {
    assert.ok(ms < (name.startsWith('read') ? WAIT_SECONDS * 1_000 : 0) + ANSWER_WITHIN_MS, `${name}: ${ms} ms`)
  }
  assert.ok(made.length > 0 && made.length < CREATES, `${made.length} of ${CREATES} were taken`)
  assert.ok(peakMiB < MOST_MIB, `${peakMiB} MiB`)

  await slow.process().kill('SIGKILL')
  await server.start()
  await using gateway = await connectScripted({ url: server.url, ...enrolled })
  gateway.ready()
  const known = await Promise.all(made.map((task) => server.call('GetDBListFromAgent', { TaskId: String(task) })))
  for (const { body } of known) assert.equal(body['ErrCode'], 'Task.NotFinished')
})
