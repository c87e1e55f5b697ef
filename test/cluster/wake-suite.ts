import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { namesOf, type TestServer } from '../fixtures/postern.ts'
import { connectScripted, enrollKey, type ScriptedGateway } from '../fixtures/scripted-gateway.ts'
import { type BusKind, type Cluster, LONG } from './cluster.ts'

const ROUNDS = LONG ? 20 : 5
/** Without a wake each of the two ways costs up to a second. */
const AT_ONCE_MS = 500
/** Two looks at the store, a second apart at most, and what a busy machine adds. */
const RESCAN_MS = 4_000
const LOAD_MS = LONG ? 10_000 : 1_500

/** A gateway whose session is on the second node, enrolled at the first. */
async function gatewayOf({ nodes: [first, second] }: Cluster) {
  const enrolled = await enrollKey(first.server.url, first.server.api)
  const gateway = await connectScripted({ url: second.server.url, ...enrolled })
  gateway.ready()
  return gateway
}

async function create(server: TestServer, gateway: ScriptedGateway): Promise<string> {
  const answer = await server.call('CreateGetDBListFromAgentTask', {
    BackupGatewayId: String(gateway.identity.gateway),
    DatabaseType: 'MySQL',
    SourceEndpointIP: 'db',
  })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return String(z.object({ TaskId: z.number() }).parse(answer.body).TaskId)
}

/** A task from its create to the answers of those who wait on the nodes: how long it took beside what the gateway did. */
async function oneTask({ nodes }: Cluster, gateway: ScriptedGateway): Promise<number> {
  const began = performance.now()
  const TaskId = await create(nodes[0].server, gateway)
  const readers = nodes
    .filter((_, index) => index !== 1)
    .map(({ server }) => server.call('GetDBListFromAgent', { TaskId, WaitSeconds: '20' }))
  const run = await gateway.nextRun()
  gateway.accept(run)
  gateway.finish(run, ['crm'])
  for (const answer of await Promise.all(readers)) assert.deepEqual(namesOf(answer), ['crm'])
  return performance.now() - began
}

const medianOf = (list: readonly number[]) => list.toSorted((a, b) => a - b)[list.length >> 1] ?? Number.NaN

/** One after the other until the signal aborts; how long each took. */
async function keepAsking(cluster: Cluster, gateway: ScriptedGateway, signal: AbortSignal): Promise<number[]> {
  const times: number[] = []
  while (!signal.aborted) times.push(await oneTask(cluster, gateway))
  return times
}

/** What is made on one node and done on another; `bus` is what is between them. */
export function wakeSuite(of: () => Cluster, bus: BusKind): void {
  const pace = bus === 'none' ? 'at the pace of the re-scan' : 'at once'
  test(`row 16: a task of one node whose gateway is on another is answered ${pace}`, async () => {
    await using gateway = await gatewayOf(of())
    const times: number[] = []
    for (let round = 0; round < ROUNDS; round++) times.push(await oneTask(of(), gateway))
    assert.ok(Math.max(...times) < RESCAN_MS, times.join(' '))
    if (bus !== 'none') assert.ok(medianOf(times) < AT_ONCE_MS, times.join(' '))
  })

  if (bus !== 'nats') return
  test('row 16: the bus dies under load and comes back: nothing is lost, nobody waits longer than without one', async () => {
    await using gateway = await gatewayOf(of())
    await brokenBus(of(), gateway)
  })
}

async function brokenBus(cluster: Cluster, gateway: ScriptedGateway): Promise<void> {
  const stop = new AbortController()
  const asking = keepAsking(cluster, gateway, stop.signal)
  // Waited for below; a failure before that must not go unheard.
  asking.catch(() => {})
  await sleep(200)
  await cluster.killBus()
  await Promise.all(cluster.nodes.map(({ server }) => server.process().line('"msg":"the bus is not there')))
  await sleep(LOAD_MS)
  await cluster.startBus()
  await Promise.all(cluster.nodes.map(({ server }) => server.process().line('"msg":"the bus is there"')))
  stop.abort()
  const times = await asking
  assert.ok(Math.max(...times) < RESCAN_MS, times.join(' '))
  const later: number[] = []
  for (let round = 0; round < ROUNDS; round++) later.push(await oneTask(cluster, gateway))
  assert.ok(medianOf(later) < AT_ONCE_MS, later.join(' '))
}
