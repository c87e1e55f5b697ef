/**
 * npm run simulate [-- --seeds N --from S --seed S --steps K --jobs J --first --trace]: so many seeds of the simulation, or one
 * again. --planted [NAME…]: breaks a copy of the sources in every known way and names the seed that notices.
 * Ends with 1 where something was found, or a planted fault was not.
 */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { findPlanted } from './find-planted.ts'
import { PLANTED_FAULTS } from './planted-faults.ts'
import { runSeed, type SeedReport } from './run-seed.ts'

const PLANTED_SEEDS = 60
const PROGRESS_EVERY = 100

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    steps: { type: 'string', default: '10000' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    first: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    planted: { type: 'boolean', default: false },
    every: { type: 'string' },
  },
})
const steps = number('steps', values.steps)

if (values.every !== undefined) await worker()
else if (values.planted) await planted(positionals)
else if (values.seed !== undefined) await one(number('seed', values.seed))
else await many()

function number(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`--${name} takes a number from 1, not ${text}`)
  return value
}

async function one(seed: number): Promise<void> {
  const report = await runSeed(seed, { steps, ...(values.trace && { print: (line: string) => console.log(line) }) })
  if (report.failure !== undefined) console.log(`The last events:\n${report.last.join('\n')}`)
  console.log(describe(report))
  process.exitCode = report.failure === undefined ? 0 : 1
}

function describe({ seed, failure, steps: made, seconds, digest }: SeedReport): string {
  return `seed ${seed}: ${failure ?? 'kept every promise'} (${made} steps, ${seconds} s simulated, trace ${digest})`
}

/** Every so many-th seed, one line of JSON each. */
async function worker(): Promise<void> {
  const [from, count, every] = [number('from', values.from), number('seeds', values.seeds), Number(values.every)]
  for (let seed = from; seed < from + count; seed += every) console.log(JSON.stringify(await runSeed(seed, { steps })))
}

async function many(): Promise<void> {
  const [from, count] = [number('from', values.from), number('seeds', values.seeds)]
  const jobs = Math.min(number('jobs', values.jobs), count)
  const begun = performance.now()
  let [seeds, all, failed] = [0, 0, 0]
  const children = Array.from({ length: jobs }, (_, job) => {
    const range = ['--from', String(from + job), '--seeds', String(count - job), '--every', String(jobs)]
    const args = [import.meta.filename, ...range, '--steps', String(steps)]
    return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  })
  const follow = async (child: (typeof children)[number]) => {
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    for await (const line of createInterface({ input: child.stdout })) {
      const report = parseReport(line)
      seeds++
      all += report.steps
      if (report.failure !== undefined) {
        failed++
        console.log(describe(report))
        if (values.first) for (const other of children) other.kill()
        if (values.first) return
      }
      if (seeds % PROGRESS_EVERY === 0) console.log(`${seeds} of ${count} seeds`)
    }
    const code = await ended
    if (code !== 0) throw new Error(`a worker ended with ${code ?? 'a signal'}`)
  }
  await Promise.all(children.map(follow))
  const seconds = (performance.now() - begun) / 1000
  const rate = (all / seconds).toFixed(0)
  console.log(`${seeds} seeds, ${all} steps, ${seconds.toFixed(0)} s (${rate} steps a second), ${failed} failed`)
  if (failed > 0)
    console.log('npm run simulate -- --seed N runs one again and tells its last events; --trace tells all.')
  process.exitCode = failed > 0 ? 1 : 0
}

function parseReport(line: string): SeedReport {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own worker wrote it
  return JSON.parse(line) as SeedReport
}

async function planted(names: readonly string[]): Promise<void> {
  const wanted = PLANTED_FAULTS.filter(({ name }) => names.length === 0 || names.includes(name))
  if (wanted.length === 0) throw new RangeError(`none of ${PLANTED_FAULTS.map(({ name }) => name).join(', ')}`)
  const begun = performance.now()
  let found = 0
  for (const fault of wanted) {
    const verdict = await findPlanted(fault, { seeds: PLANTED_SEEDS })
    if (verdict.found) found++
    console.log(`${verdict.found ? 'found' : 'NOT FOUND'}  ${fault.name}: ${verdict.text}`)
  }
  const seconds = ((performance.now() - begun) / 1000).toFixed(0)
  console.log(`${found} of ${wanted.length} planted faults found in ${seconds} s`)
  process.exitCode = found === wanted.length ? 0 : 1
}
