import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatReport, runWorld } from '../faults/run-faults.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { copyAsVersion, LONG, missingFor } from './cluster.ts'
import { startClusterWorld } from './cluster-world.ts'
import { upgradeLane } from './node-faults.ts'

/** 2,000 in `npm run test:cluster`. */
const TASKS = Number(process.env['POSTERN_CLUSTER_TASKS'] ?? 60)
const SEED = Number(process.env['POSTERN_CLUSTER_SEED'] ?? 20_260_101)
const NEWER = '99.0.0'

test(`row 29: nodes are upgraded one by one under load: no call fails and no task is lost (${TASKS} tasks)`, {
  skip: missingFor('nats'),
}, async (t) => {
  await using folder = await tempFolder('cluster')
  const root = await copyAsVersion(folder.path, NEWER)
  await using world = await startClusterWorld(folder.path, {
    bus: 'nats',
    nodes: LONG ? 3 : 2,
    drainGraceSeconds: LONG ? 2 : 1,
    gatewaysEach: LONG ? [4, 2] : [1, 1],
  })
  const lanes = [upgradeLane(world.cluster, { root, gapMs: LONG ? [1_000, 4_000] : [100, 200] })]
  const report = await runWorld(
    { seed: SEED, tasks: TASKS, perSecond: LONG ? 20 : 15, deliveryMs: 20_000, executionMs: 10_000 },
    { folder: folder.path, world, lanes },
  )
  const text = formatReport(SEED, report)
  for (const line of text.split('\n')) t.diagnostic(line)
  assert.deepEqual(report.violations, [], text)
  // Callers try again what fails; here nothing may have failed.
  assert.equal(report.unanswered, 0, text)
  assert.equal(report.acknowledged, TASKS, text)
  assert.deepEqual(
    [...report.ends.keys()].filter((end) => end !== 'Succeeded' && end !== 'Task.Cancelled'),
    [],
    text,
  )
  assert.ok((report.faults.get('node: upgraded') ?? 0) >= world.cluster.nodes.length, text)
  for (const { server } of world.cluster.nodes) await server.process().line(`"version":"`)
})
