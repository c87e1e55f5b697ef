import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatReport, runFaults } from './run-faults.ts'

/** 10,000 in `npm run test:faults`. */
const TASKS = Number(process.env['POSTERN_FAULT_TASKS'] ?? 100)
const SEED = Number(process.env['POSTERN_FAULT_SEED'] ?? 20_260_101)
const historyFile = process.env['POSTERN_FAULT_HISTORY']
const LONG = TASKS > 1_000

test(`row 12: every acknowledged task ends once, in time and in the truth, under random faults (${TASKS} tasks, seed ${SEED})`, async (t) => {
  const report = await runFaults({
    seed: SEED,
    tasks: TASKS,
    ...(LONG
      ? { perSecond: 20, pace: 'slow', gatewaysEach: [2, 1], realDatabases: true, deliveryMs: 20_000, executionMs: 15_000 }
      : { perSecond: 12, pace: 'quick', gatewaysEach: [1, 1], realDatabases: false, deliveryMs: 8_000, executionMs: 5_000 }),
    ...(historyFile !== undefined && { historyFile }),
  })
  const text = formatReport(SEED, report)
  t.diagnostic(text)
  if (LONG) console.log(text)
  assert.deepEqual(report.violations, [], text)
  assert.equal(report.acknowledged, TASKS, text)
  assert.ok(report.faults.size >= 10, text)
  assert.ok((report.ends.get('Succeeded') ?? 0) > TASKS / 2, text)
})
