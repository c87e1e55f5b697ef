import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatReport, runWorld } from '../faults/run-faults.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { createRandom } from '../fuzz/random.ts'
import { LONG, missingFor, SEED } from './cluster.ts'
import { startClusterWorld } from './cluster-world.ts'
import { laneOf, nodeFaults } from './node-faults.ts'

test('row 12: nodes die, stand still and lose the database: what was acknowledged ends in the truth', {
  skip: missingFor('postgres'),
}, async (t) => {
  await using folder = await tempFolder('cluster')
  await using world = await startClusterWorld(folder.path, {
    bus: 'postgres',
    nodes: LONG ? 3 : 2,
    gatewaysEach: LONG ? [4, 2] : [1, 1],
  })
  const random = createRandom(SEED, 1)
  const faults = nodeFaults(world.cluster, { pace: LONG ? 'slow' : 'quick', random, more: LONG ? 20 : 0 })
  const done = new AbortController()
  const gapMs = LONG ? ([3_000, 10_000] as const) : ([200, 400] as const)
  const lane = laneOf(faults, { gapMs, done: () => done.abort() })
  const times = { deliveryMs: 20_000, executionMs: 10_000 }
  const load = { tasks: Number.POSITIVE_INFINITY, perSecond: LONG ? 12 : 4, signal: done.signal }
  const report = await runWorld({ seed: SEED, ...load, ...times }, { folder: folder.path, world, lanes: [lane] })
  const text = formatReport(SEED, report)
  for (const line of text.split('\n')) t.diagnostic(line)
  assert.deepEqual(report.violations, [], text)
  assert.ok(report.acknowledged > 0, text)
  assert.ok((report.ends.get('Succeeded') ?? 0) > report.acknowledged / 2, text)
})
