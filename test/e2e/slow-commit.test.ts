import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { startServer, UNTHROTTLED, waitForTask } from '../fixtures/postern.ts'
import { connectScripted, enrollKey } from '../fixtures/scripted-gateway.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const TASKS = 200
const SLOW_COMMITS = new URL('../fixtures/slow-commit.ts', import.meta.url).href

test('heartbeats stay on time and nothing fails on a store whose every commit takes 10 ms more (peers case 6)', async () => {
  await using folder = await tempFolder()
  await using server = await startServer(folder.path, {
    config: UNTHROTTLED,
    command: { nodeArgs: ['--import', SLOW_COMMITS] },
  })
  const enrolled = await enrollKey(server.url, server.api)
  await using gateway = await connectScripted({ url: server.url, ...enrolled })
  gateway.ready()
  const params = { BackupGatewayId: String(enrolled.identity.gateway), DatabaseType: 'MySQL', SourceEndpointIP: 'db' }

  // Round trips of the server's main thread, beside the work: a commit in that thread would show here.
  const trips: number[] = []
  const probing = new AbortController()
  const probe = (async () => {
    while (!probing.signal.aborted) {
      const began = performance.now()
      await (await fetch(`${server.url}/healthz`)).text()
      trips.push(performance.now() - began)
    }
  })()

  const ran = (async () => {
    for (let i = 0; i < TASKS; i++) {
      const run = await gateway.nextRun()
      gateway.accept(run)
      gateway.finish(run, ['crm'])
    }
  })()
  const made = await Promise.all(
    Array.from({ length: TASKS }, async () => {
      const answer = await server.call('CreateGetDBListFromAgentTask', params)
      assert.equal(answer.status, 200, JSON.stringify(answer.body))
      return z.object({ TaskId: z.number() }).parse(answer.body).TaskId
    }),
  )
  await ran
  for (const task of made) assert.equal((await waitForTask(server, task)).body['Success'], true)
  probing.abort()
  await probe

  const sorted = trips.toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.POSITIVE_INFINITY
  assert.ok(median < 50, `half of the round trips took ${median.toFixed(1)} ms or more`)
  const { body } = await server.call('DescribeBackupGatewayList', {})
  assert.match(JSON.stringify(body), /"BackupGatewayStatus":"ONLINE"/)
})
