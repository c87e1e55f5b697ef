import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FaultRun, formatReport, runFaults } from './run-faults.ts'
import { createSoakMeter, formatWindows, judgeWindows } from './soak-meter.ts'

/** 10,000 in `npm run test:faults`, with longer faults. */
const TASKS = Number(process.env['POSTERN_FAULT_TASKS'] ?? 100)
const LONG = process.env['POSTERN_FAULT_TASKS'] !== undefined
const SEED = Number(process.env['POSTERN_FAULT_SEED'] ?? 20_260_101)
const historyFile = process.env['POSTERN_FAULT_HISTORY']
type Shape = Pick<FaultRun, 'perSecond' | 'pace' | 'gatewaysEach' | 'realDatabases' | 'deliveryMs' | 'executionMs'>
const SHAPE: Shape = LONG
  ? { perSecond: 24, pace: 'slow', gatewaysEach: [2, 1], realDatabases: true, deliveryMs: 20_000, executionMs: 15_000 }
  : { perSecond: 14, pace: 'quick', gatewaysEach: [1, 1], realDatabases: false, deliveryMs: 15_000, executionMs: 5_000 }

test(`row 12: every acknowledged task ends once, in time and in the truth, under random faults (${TASKS} tasks, seed ${SEED})`, async (t) => {
  const meter = createSoakMeter(LONG ? 60_000 : 1_500, { steady: false })
  const { onTask, beside } = meter
  const file = historyFile === undefined ? {} : { historyFile }
  const report = await runFaults({ ...SHAPE, seed: SEED, tasks: TASKS, ...file, onTask, beside })
  const text = `${formatReport(SEED, report)}\n${formatWindows(meter.windows())}`
  for (const line of text.split('\n')) t.diagnostic(line)
  assert.deepEqual(report.violations, [], text)
  assert.equal(report.acknowledged, TASKS, text)
  // What was run was no fair weather, and not only failures.
  assert.ok(report.faults.size >= 5, text)
  assert.ok((report.ends.get('Succeeded') ?? 0) >= TASKS / 20, text)

  // The meter of the soak works; how large its figures may be is a question for ten minutes.
  const [window] = meter.windows()
  if (process.platform === 'linux')
    assert.ok(window !== undefined && window.serverRss > 10 && window.serverFiles > 5, text)
})

test('a soak whose end is worse than its beginning is told, figure by figure', () => {
  const good = {
    serverRss: 120,
    serverHeap: 30,
    serverFiles: 40,
    gatewayRss: 90,
    gatewayFiles: 20,
    probeP50: 5,
    probeP99: 20,
    taskP50: 30,
    taskP99: 900,
    tasks: 600,
  }
  assert.deepEqual(judgeWindows([good, good, good]), [])
  assert.deepEqual(judgeWindows([good, good]), ['fewer than three whole windows'])
  for (const name of [
    'serverRss',
    'serverHeap',
    'gatewayRss',
    'serverFiles',
    'gatewayFiles',
    'probeP50',
    'probeP99',
    'taskP50',
  ] as const) {
    const worse = { ...good, [name]: good[name] * 4 + 200 }
    assert.deepEqual(
      judgeWindows([good, good, worse]).map((told) => told.split(':')[0]),
      [name],
    )
    // The first window is warming up and counts for nothing.
    assert.deepEqual(judgeWindows([worse, good, good]), [])
  }
})
