/** npm run fuzz [-- --requests N --seed S --seconds T --only INDEX]; ends with 1 where something was found. */
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { runFuzz } from './run-fuzz.ts'

const MAX_SEED = 2 ** 31
const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(randomInt(MAX_SEED)) },
    seconds: { type: 'string', default: '900' },
    only: { type: 'string' },
  },
})
const [requests, seed, seconds] = [Number(values.requests), Number(values.seed), Number(values.seconds)]
console.log(`Seed ${seed}.`)
const report = await runFuzz({
  requests,
  seed,
  seconds,
  ...(values.only !== undefined && { only: Number(values.only) }),
})
const { warm, end } = report.memory
const share = ((100 * report.signed) / Math.max(1, report.requests)).toFixed(1)
const rate = (report.requests / report.seconds).toFixed(0)
console.log(
  `${report.requests} requests in ${report.seconds.toFixed(0)} s (${rate} a second), ${share} % signed rightly.`,
)
for (const [code, count] of [...report.codes].toSorted(([, a], [, b]) => b - a)) console.log(`  ${count}  ${code}`)
console.log(
  `Memory after a tenth and at the end: RSS ${warm.rss.toFixed(0)} and ${end.rss.toFixed(0)} MiB, heap ${warm.heap.toFixed(0)} and ${end.heap.toFixed(0)} MiB.`,
)
for (const failure of report.failures) console.error(`\nFAILED: ${failure}`)
process.exitCode = report.failures.length > 0 ? 1 : 0
