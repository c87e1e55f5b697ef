import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VERSION } from '../../src/base/version.ts'
import { formatReport, runWorld } from '../faults/run-faults.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { copyAsVersion, LONG, missingFor, SEED } from './cluster.ts'
import { startClusterWorld } from './cluster-world.ts'
import { createLastingCallers } from './lasting-callers.ts'
import { laneOf, UPGRADED, upgrades } from './node-faults.ts'

/** Of each node. */
const TIMES = LONG ? Number(process.env['POSTERN_CLUSTER_UPGRADES'] ?? 5) : 1
const NEWER = '99.0.0'
/** A node must serve for longer than the balancer takes to look at it, with room for a busy machine. */
const CHECK_EVERY_MS = 700
const GRACE_SECONDS = LONG ? 4 : 2

test('row 29: nodes are upgraded one by one under load: no call fails and no task is lost', {
  skip: missingFor('nats'),
}, async (t) => {
  await using folder = await tempFolder('cluster')
  await using world = await startClusterWorld(folder.path, {
    bus: 'nats',
    nodes: LONG ? 3 : 2,
    drainGraceSeconds: GRACE_SECONDS,
    checkEveryMs: CHECK_EVERY_MS,
    gatewaysEach: LONG ? [4, 2] : [1, 1],
  })
  // A copy has nothing in the cache of compiled code: too slow for each run of all tests.
  const other = LONG ? { root: await copyAsVersion(folder.path, NEWER) } : {}
  const done = new AbortController()
  const gapMs = LONG ? ([1_000, 4_000] as const) : ([100, 200] as const)
  const lane = laneOf(upgrades(world.cluster, { ...other, times: TIMES }), { gapMs, done: () => done.abort() })
  const times = { deliveryMs: 20_000, executionMs: 10_000 }
  const lasting = await createLastingCallers(world.cluster.front, folder.path)
  const beside = (signal: AbortSignal) => lasting.run(signal)
  const load = { tasks: Number.POSITIVE_INFINITY, perSecond: LONG ? 6 : 4, signal: done.signal, beside }
  const report = await runWorld({ seed: SEED, ...load, ...times }, { folder: folder.path, world, lanes: [lane] })
  const text = formatReport(SEED, report)
  for (const line of text.split('\n')) t.diagnostic(line)
  const { failures, ...counts } = lasting.report()
  t.diagnostic(`those who stay: ${JSON.stringify({ ...counts, failures: failures.length })}`)
  assert.deepEqual(failures, [])
  assert.ok(counts.sentAway > 0, 'no read waited on a node that ended')
  assert.deepEqual(report.violations, [], text)
  // Callers try again what fails; here nothing may have failed.
  assert.equal(report.unanswered, 0, text)
  assert.ok(report.acknowledged > 0, text)
  const ends = [...report.ends.keys()].filter((end) => end !== 'Succeeded' && end !== 'Task.Cancelled')
  assert.deepEqual(ends, [], text)
  assert.equal(report.faults.get(UPGRADED), TIMES * world.cluster.nodes.length, text)
  for (const { server } of world.cluster.nodes)
    await server.process().line(`"version":"${LONG && TIMES % 2 === 1 ? NEWER : VERSION}"`)
})
