import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { startServer, UNTHROTTLED } from '../fixtures/postern.ts'
import { connectScripted, enrollKey } from '../fixtures/scripted-gateway.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

/** All calls are open at once, where this process is slower than the server; and one connection of the enrolment is kept. */
const CONFIG = `${UNTHROTTLED}connectionsPerAddress: 2000\n`

test('row 20: a thousand concurrent creates with 100 tokens make 100 tasks', async () => {
  await using folder = await tempFolder()
  await using server = await startServer(folder.path, { config: CONFIG })
  const enrolled = await enrollKey(server.url, server.api)
  const params = { BackupGatewayId: String(enrolled.identity.gateway), DatabaseType: 'MySQL', SourceEndpointIP: 'db' }
  const create = async (token: string) => {
    const answer = await server.call('CreateGetDBListFromAgentTask', { ...params, ClientToken: token })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return { token, task: z.object({ TaskId: z.number() }).parse(answer.body).TaskId }
  }
  const tokens = Array.from({ length: 1000 }, (_, i) => `token-${i % 100}`)
  const made = await Promise.all(tokens.map(create))
  const byToken = new Map<string, Set<number>>()
  for (const { token, task } of made) byToken.set(token, (byToken.get(token) ?? new Set()).add(task))
  assert.equal(byToken.size, 100)
  assert.ok(
    [...byToken.values()].every((tasks) => tasks.size === 1),
    'one token, one task',
  )
  assert.equal(new Set(made.map(({ task }) => task)).size, 100)

  // Each of them reaches the gateway once.
  await using gateway = await connectScripted({ url: server.url, ...enrolled })
  gateway.ready()
  const ran = new Set<number>()
  for (let i = 0; i < 100; i++) {
    const run = await gateway.nextRun()
    assert.ok(!ran.has(run.task), 'a task ran twice')
    ran.add(run.task)
    gateway.accept(run)
    gateway.finish(run, [])
    await gateway.nextReceived()
  }
  assert.equal(ran.size, 100)
})
