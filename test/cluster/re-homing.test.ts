import assert from 'node:assert/strict'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { test } from 'node:test'
import { z } from 'zod'
import { spreadOf } from '../../src/base/backoff.ts'
import { silentLog } from '../../src/base/log.ts'
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import { eventually } from '../fixtures/eventually.ts'
import { enrolIn, type Fleet, type LightFleet, startLightFleet } from '../fixtures/light-fleet.ts'
import { namesOf, type TestServer, waitForTask } from '../fixtures/postern.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { type Cluster, LONG, missingFor, startCluster } from './cluster.ts'

const GATEWAYS = Number(process.env['POSTERN_CLUSTER_GATEWAYS'] ?? 300)
const BACK_WITHIN_MS = 120_000
/** All of them at the same moment, as no spread has been told to any. */
const SET_UP_MS = 180_000
const WINDOW_MS = 50
/** More would have come as one. With an even spread it is an eighteenth. */
const MOST_IN_WINDOW = GATEWAYS / 4
/** A machine that stood still for longer made those one crowd that would have come meanwhile. */
const STOOD_STILL_MS = 1_000
const ROUNDS = 3
const TASKS = 20
/** `npm test` would wait for it. */
const ONLY_LONG = 'a part of npm run test:cluster'

interface Round {
  readonly firstMs: number
  readonly medianMs: number
  readonly lastMs: number
  /** Until the last had proven itself. */
  readonly backMs: number
  /** The most that came within 50 ms. */
  readonly mostAtOnce: number
  /** Connections that it took. */
  readonly arrivals: number
  readonly stoodStillMs: number
}

test(`row 28: a node with ${GATEWAYS} gateways is killed: they come to the other one spread out, and all are back in time`, {
  skip: missingFor('postgres') || (!LONG && ONLY_LONG),
}, async (t) => {
  await using folder = await tempFolder('cluster')
  const config = `connectionsPerAddress: ${2 * GATEWAYS}\n`
  await using cluster = await startCluster(folder.path, { bus: 'postgres', config })
  const { balancer, nodes } = cluster
  const fleet = await enrolled(cluster.databaseUrl)
  // From its start a node knows how many would come.
  for (const { server } of nodes) {
    await server.process().kill('SIGKILL')
    await server.start()
  }
  balancer.only = 0
  const to = { ...fleet, url: balancer.url, processes: 2 }
  await using gateways = await startLightFleet(folder.path, to)
  await eventually('all are there', () => gateways.online === GATEWAYS, SET_UP_MS)
  balancer.only = undefined

  for (let count = 1; ; count++) {
    const dies = (count + 1) % 2
    assert.equal(balancer.open(dies), GATEWAYS)
    const round = await reHome(cluster, gateways, dies)
    t.diagnostic(`${GATEWAYS} gateways, told to spread over ${spreadOf(GATEWAYS)} ms: ${JSON.stringify(round)}`)
    assert.ok(round.backMs <= BACK_WITHIN_MS, `all were back after ${round.backMs} ms`)
    await answerTasks(nodes[1 - dies]?.server ?? nodes[0].server, fleet)
    if (round.stoodStillMs > STOOD_STILL_MS && count < ROUNDS) continue
    assert.ok(round.mostAtOnce <= MOST_IN_WINDOW, `${round.mostAtOnce} came within ${WINDOW_MS} ms`)
    assert.ok(round.lastMs - round.firstMs >= spreadOf(GATEWAYS) / 2, 'they came sooner than they were told')
    break
  }
})

async function enrolled(url: string): Promise<Fleet> {
  await using store = await openPostgresStore({ url, log: silentLog() })
  return await enrolIn(store, GATEWAYS)
}

/** Kills the node that all are on, waits until they are on the other one, and starts it again. */
async function reHome({ balancer, nodes }: Cluster, gateways: LightFleet, dies: number): Promise<Round> {
  const other = 1 - dies
  await eventually('the balancer sees both', () => balancer.ready.every(Boolean))
  const before = balancer.arrivals(other).length
  using delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  const killedAt = performance.now()
  await nodes[dies]?.server.process().kill('SIGKILL')
  const allCame = () => balancer.arrivals(other).length - before >= GATEWAYS && gateways.online === GATEWAYS
  // More than the deadline: how late they were is worth telling.
  await eventually('all are back', () => allCame() && balancer.open(other) === GATEWAYS, 1.5 * BACK_WITHIN_MS)
  const backMs = performance.now() - killedAt
  const after = balancer
    .arrivals(other)
    .slice(before)
    .map((at) => Math.round(at - killedAt))
  await nodes[dies]?.server.start()
  const at = (share: number) => after[Math.min(after.length - 1, Math.floor(after.length * share))] ?? Number.NaN
  return {
    firstMs: at(0),
    medianMs: at(0.5),
    lastMs: at(1),
    backMs: Math.round(backMs),
    mostAtOnce: mostWithin(after, WINDOW_MS),
    arrivals: after.length,
    stoodStillMs: Math.round(delay.max / 1e6),
  }
}

/** The most of these moments, which are in order, that any span of so many milliseconds has. */
function mostWithin(moments: readonly number[], ms: number): number {
  let most = 0
  let from = 0
  for (const [index, moment] of moments.entries()) {
    while ((moments[from] ?? moment) < moment - ms) from++
    most = Math.max(most, index - from + 1)
  }
  return most
}

/** Gateways by chance are asked, each by the node that they are on now. */
async function answerTasks(server: TestServer, { members }: Fleet): Promise<void> {
  const asked = Array.from({ length: TASKS }, async () => {
    const gateway = String(members[Math.floor(Math.random() * members.length)]?.id)
    const made = await server.call('CreateGetDBListFromAgentTask', {
      BackupGatewayId: gateway,
      DatabaseType: 'MySQL',
      SourceEndpointIP: 'db',
      SourceEndpointPort: '3306',
    })
    const task = z.object({ TaskId: z.number() }).parse(made.body).TaskId
    assert.deepEqual(namesOf(await waitForTask(server, task)), ['crm'])
  })
  await Promise.all(asked)
}
