/** npm run simulate [-- --seeds N --seed S --steps K --from F]; ends with 1 where something was found. */
import { parseArgs } from 'node:util'
import { runSeed } from './run-seed.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
    steps: { type: 'string', default: '10000' },
    trace: { type: 'boolean', default: false },
  },
})
const steps = Number(values.steps)
const begun = performance.now()
let all = 0
let failed = 0
const first = values.seed === undefined ? Number(values.from) : Number(values.seed)
const last = values.seed === undefined ? first + Number(values.seeds) - 1 : first
for (let seed = first; seed <= last; seed++) {
  const report = await runSeed(seed, { steps, ...(values.trace && { print: (line: string) => console.log(line) }) })
  all += report.steps
  if (report.failure !== undefined) {
    failed++
    console.log(`seed ${seed}: ${report.failure}\n${report.last.join('\n')}`)
  } else if (values.seed !== undefined) console.log(report)
}
const seconds = (performance.now() - begun) / 1000
console.log(`${last - first + 1} seeds, ${all} steps, ${(all / seconds).toFixed(0)} steps a second, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
