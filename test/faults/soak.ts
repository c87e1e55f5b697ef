/** npm run soak [-- --minutes N --seed S]; ends with 1 where the end is worse than the beginning or the promise was broken. */
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { formatReport, runFaults } from './run-faults.ts'
import { createSoakMeter, formatWindows, judgeWindows } from './soak-meter.ts'

const WINDOW_MS = 60_000
/** A minute to warm up and one without faults to measure; at the end what gateways take to be back, and the same minute. */
const CALM_BEFORE_MS = 2 * WINDOW_MS
const CALM_AFTER_MS = 3 * WINDOW_MS
/** So that the last window is whole. */
const ROUNDING_MS = WINDOW_MS / 10
const MAX_SEED = 2 ** 31

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(randomInt(MAX_SEED)) },
  },
})
const minutes = Number(values.minutes)
const seed = Number(values.seed)
if (!(minutes >= 1 && minutes <= 24 * 60)) throw new Error('--minutes is a number from 1 to 1440')
if (!Number.isSafeInteger(seed) || seed < 0) throw new Error('--seed is a whole number')

const faultsMs = minutes * WINDOW_MS
const wholeMs = CALM_BEFORE_MS + faultsMs + CALM_AFTER_MS
console.log(
  `Seed ${seed}. ${minutes} minutes of faults; 2 before and 3 after them without, which are compared. The load is the same all the time.`,
)
const meter = createSoakMeter(WINDOW_MS, { steady: true })
const report = await runFaults({
  seed,
  tasks: Number.POSITIVE_INFINITY,
  perSecond: 10,
  pace: 'steady',
  gatewaysEach: [1, 1],
  realDatabases: true,
  deliveryMs: 20_000,
  executionMs: 15_000,
  signal: AbortSignal.timeout(wholeMs + ROUNDING_MS),
  breaking: { afterMs: CALM_BEFORE_MS, forMs: faultsMs },
  onTask: meter.onTask,
  beside: meter.beside,
})
console.log(`${formatReport(seed, report)}\n\n${formatWindows(meter.windows())}`)
const worse = judgeWindows(meter.windows())
for (const what of worse) console.error(`WORSE: ${what}`)
process.exitCode = worse.length > 0 || report.violations.length > 0 ? 1 : 0
