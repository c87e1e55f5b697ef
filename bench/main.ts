/**
 * npm run bench [-- NAME… | --list] [--json] [--quick] [--runs N] [--seconds N] [--profile FOLDER]: how fast this is beside what one would
 * use instead, both in one run.
 * Exit code 1 where something is not reached or cannot be measured, 2 where the command is wrong.
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { tempFolder } from '../test/fixtures/temp-folder.ts'
import { BENCHMARKS } from './benchmarks.ts'
import { lookAtMachine, whatDisturbs } from './machine.ts'
import { formatMachine, formatReport, type Report, reportOf } from './report.ts'

const LEAST_RUNS = 5
/** Of a run under load. */
const RUN_SECONDS = 5
const QUICK_SECONDS = 0.1
const WARM_UP_SECONDS = 15

process.exitCode = await main()

async function main(): Promise<number> {
  const options = {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    runs: { type: 'string', default: String(LEAST_RUNS) },
    seconds: { type: 'string', default: String(RUN_SECONDS) },
    profile: { type: 'string' },
  } as const
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  if (values.list) {
    for (const [name, { summary, mustReach }] of Object.entries(BENCHMARKS))
      console.log(`${name}: ${summary}\n  ${mustReach}`)
    return 0
  }
  const taken = Object.keys(BENCHMARKS).filter((name) => !values.quick || BENCHMARKS[name]?.inQuick === true)
  const names = positionals.length === 0 ? taken : positionals
  const unknown = names.filter((name) => !Object.hasOwn(BENCHMARKS, name))
  const runs = Number(values.runs)
  const seconds = Number(values.seconds)
  if (unknown.length > 0 || !Number.isInteger(runs) || runs < LEAST_RUNS || !(seconds > 0)) {
    console.error(
      unknown.length > 0
        ? `There is no benchmark ${unknown.join(', ')}. There are: ${Object.keys(BENCHMARKS).join(', ')}.`
        : `--runs must be a whole number of at least ${LEAST_RUNS}, --seconds a number above 0.`,
    )
    return 2
  }
  const { json, quick, profile } = values
  // What a machine reads stands alone on stdout.
  const say = (text: string) => (json ? console.error(text) : console.log(text))

  const machine = await lookAtMachine()
  const warning = whatDisturbs(machine)
  say(formatMachine(machine))
  if (warning !== undefined) say(warning)
  say('')
  const reports: Report[] = []
  for (const name of names) {
    const benchmark = BENCHMARKS[name]
    if (benchmark === undefined) continue
    say(`${name} …`)
    await using folder = await tempFolder(`bench-${name}`)
    const progress = quick ? () => undefined : say
    const measured = await benchmark.run({
      quick,
      runs: quick ? 1 : runs,
      seconds: quick ? QUICK_SECONDS : seconds,
      warmUpSeconds: quick ? QUICK_SECONDS : WARM_UP_SECONDS,
      folder: folder.path,
      say: progress,
      ...(profile !== undefined && { profile: resolve(profile) }),
    })
    const report = reportOf(measured, { name, mustReach: benchmark.mustReach, quick })
    say(`\n${formatReport(report)}`)
    reports.push(report)
  }
  if (json) console.log(JSON.stringify({ machine, warning, benchmarks: reports }, undefined, 2))
  else if (warning !== undefined) console.log(warning)
  return reports.some(({ reached }) => reached === false) ? 1 : 0
}
