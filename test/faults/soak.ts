/** npm run soak [-- --minutes N --seed S]; ends with 1 where the end is worse than the beginning or the promise was broken. */
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { formatReport, runFaults } from './run-faults.ts'
import { createSoakMeter, formatWindows, judgeWindows } from './soak-meter.ts'

const WINDOW_MS = 60_000
const MAX_SEED = 2 ** 31

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(randomInt(MAX_SEED)) },
  },
})
const minutes = Number(values.minutes)
const seed = Number(values.seed)
if (!(minutes >= 3 && minutes <= 24 * 60)) throw new Error('--minutes is a number from 3 to 1440')
if (!Number.isSafeInteger(seed) || seed < 0) throw new Error('--seed is a whole number')

console.log(`Seed ${seed}, ${minutes} minutes.`)
const meter = createSoakMeter(WINDOW_MS)
const report = await runFaults({
  seed,
  tasks: Number.POSITIVE_INFINITY,
  perSecond: 10,
  pace: 'steady',
  gatewaysEach: [1, 1],
  realDatabases: true,
  deliveryMs: 20_000,
  executionMs: 15_000,
  signal: AbortSignal.timeout(minutes * 60_000 + WINDOW_MS / 10),
  onTask: meter.onTask,
  beside: meter.beside,
})
console.log(`${formatReport(seed, report)}\n\n${formatWindows(meter.windows())}`)
const worse = judgeWindows(meter.windows())
for (const what of worse) console.error(`WORSE: ${what}`)
process.exitCode = worse.length > 0 || report.violations.length > 0 ? 1 : 0
