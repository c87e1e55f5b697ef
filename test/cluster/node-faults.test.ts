import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatReport, runWorld } from '../faults/run-faults.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { LONG, missingFor } from './cluster.ts'
import { startClusterWorld } from './cluster-world.ts'
import { nodeLane } from './node-faults.ts'

/** 2,000 in `npm run test:cluster`. */
const TASKS = Number(process.env['POSTERN_CLUSTER_TASKS'] ?? 60)
const SEED = Number(process.env['POSTERN_CLUSTER_SEED'] ?? 20_260_101)

test(`row 12: nodes die, stand still and lose the database: what was acknowledged ends in the truth (${TASKS} tasks)`, {
  skip: missingFor('none'),
}, async (t) => {
  await using folder = await tempFolder('cluster')
  await using world = await startClusterWorld(folder.path, {
    bus: 'postgres',
    nodes: LONG ? 3 : 2,
    gatewaysEach: LONG ? [4, 2] : [1, 1],
  })
  const report = await runWorld(
    { seed: SEED, tasks: TASKS, perSecond: LONG ? 12 : 14, deliveryMs: 20_000, executionMs: 10_000 },
    { folder: folder.path, world, lanes: [nodeLane(world.cluster, LONG ? 'slow' : 'quick')] },
  )
  const text = formatReport(SEED, report)
  for (const line of text.split('\n')) t.diagnostic(line)
  assert.deepEqual(report.violations, [], text)
  assert.equal(report.acknowledged, TASKS, text)
  assert.ok(report.faults.size >= 3, text)
  assert.ok((report.ends.get('Succeeded') ?? 0) >= TASKS / 3, text)
})
