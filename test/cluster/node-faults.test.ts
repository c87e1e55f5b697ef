import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Disturbance } from '../faults/fault-kinds.ts'
import { openNamespace } from '../faults/network-namespace.ts'
import { formatReport, runWorld } from '../faults/run-faults.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { createRandom } from '../fuzz/random.ts'
import { LONG, missingFor, SEED } from './cluster.ts'
import { type ClusterWorld, startClusterWorld } from './cluster-world.ts'
import { cableCuts, laneOf, nodeFaults } from './node-faults.ts'

const GATEWAYS: readonly [number, number] = LONG ? [4, 2] : [1, 1]
const SHAPE = { bus: 'postgres', gatewaysEach: GATEWAYS } as const
/** By chance, after one of each kind. */
const MORE = LONG ? Number(process.env['POSTERN_CLUSTER_FAULTS'] ?? 20) : 0

const LOAD = { tasks: Number.POSITIVE_INFINITY, perSecond: LONG ? 6 : 4, deliveryMs: 20_000, executionMs: 10_000 }

/** Callers come until each of these has happened. */
async function runDisturbances(
  t: TestContext,
  world: ClusterWorld,
  parts: { folder: string; list: readonly Disturbance[] },
) {
  const { folder, list } = parts
  const done = new AbortController()
  const gapMs = LONG ? ([3_000, 10_000] as const) : ([200, 400] as const)
  const lane = laneOf(list, { gapMs, done: () => done.abort() })
  const report = await runWorld({ seed: SEED, ...LOAD, signal: done.signal }, { folder, world, lanes: [lane] })
  const text = formatReport(SEED, report)
  for (const line of text.split('\n')) t.diagnostic(line)
  assert.deepEqual(report.violations, [], text)
  assert.ok(report.acknowledged > 0, text)
  assert.ok((report.ends.get('Succeeded') ?? 0) > report.acknowledged / 2, text)
}

test('row 12: nodes die, stand still and lose the database: what was acknowledged ends in the truth', {
  skip: missingFor('postgres'),
}, async (t) => {
  await using folder = await tempFolder('cluster')
  await using world = await startClusterWorld(folder.path, { ...SHAPE, nodes: LONG ? 3 : 2 })
  const random = createRandom(SEED, 1)
  const list = nodeFaults(world.cluster, { pace: LONG ? 'slow' : 'quick', random, more: MORE })
  await runDisturbances(t, world, { folder: folder.path, list })
})

// It takes a minute.
if (LONG) {
  test('row 12: the cable of a node is cut: what was acknowledged ends in the truth', {
    skip: missingFor('postgres'),
  }, async (t) => {
    const namespace = await openNamespace()
    if (typeof namespace === 'string') return t.skip(namespace)
    await using stack = new AsyncDisposableStack()
    stack.use(namespace)
    const folder = stack.use(await tempFolder('cluster'))
    const world = stack.use(await startClusterWorld(folder.path, { ...SHAPE, namespace }))
    await runDisturbances(t, world, { folder: folder.path, list: cableCuts(world.cluster, namespace) })
  })
}
