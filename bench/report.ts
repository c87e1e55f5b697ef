import type { Measured, ProcessTime, Target } from './benchmark.ts'
import { type Judged, judge } from './judge.ts'
import type { Machine } from './machine.ts'
import { median, spread } from './median.ts'

/** One benchmark at its end, as `--json` has it. */
export interface Report extends Omit<Measured, 'figures'> {
  readonly name: string
  readonly mustReach: string
  readonly quick: boolean
  readonly figures: readonly Judged[]
  /** Of all that has to be reached, what could not be measured too; a quick run judges nothing. */
  readonly reached: boolean | undefined
}

export function reportOf(
  measured: Measured,
  { name, mustReach, quick }: { name: string; mustReach: string; quick: boolean },
): Report {
  const figures = measured.figures.map(judge)
  const judged = figures.flatMap(({ reached }) => (reached === undefined ? [] : [reached]))
  const judgeable = judged.length > 0 || measured.missing.length > 0
  const reached = quick || !judgeable ? undefined : measured.missing.length === 0 && judged.every(Boolean)
  return { ...measured, name, mustReach, quick, figures, reached }
}

export function formatMachine({ processors, model, node, postgresql, redis, nats, loadBefore }: Machine): string {
  const programs = `Node ${node}, PostgreSQL ${postgresql}, Redis ${redis}, NATS ${nats}`
  return `${processors} processors (${model}), ${programs}\nLoad before: ${loadBefore.join(' ')}`
}

export function formatReport(report: Report): string {
  const { name, mustReach, quick, figures, processes, notes, missing } = report
  const rows = figures.map((figure) => [
    figure.name,
    `${withSpread(figure.ours)} ${figure.unit}`,
    figure.peer === undefined ? '' : `${figure.peer.name} ${withSpread(figure.peer.values)}`,
    ratioOf(figure),
    figure.target === undefined ? '' : targetOf(figure.target, figure.unit),
    quick || figure.reached === undefined ? '' : figure.reached ? 'reached' : 'NOT reached',
  ])
  const head = ['', 'ours', 'beside', 'ratio', 'must be', '']
  return [
    `${name}: ${mustReach}${quick ? ' (a quick run: judged is nothing)' : ''}`,
    ...(rows.length === 0 ? [] : columns([head, ...rows])),
    ...(processes.length === 0 ? [] : ['Processor seconds of each run:', ...columns(processes.map(processRow))]),
    ...notes,
    ...missing.map((what) => `Not measured${quick ? '' : ', so not reached'}: ${what}`),
    '',
  ].join('\n')
}

/** `median (least–largest)`. */
function withSpread(values: readonly number[]): string {
  const [least, largest] = spread(values)
  return values.length < 2 ? short(median(values)) : `${short(median(values))} (${short(least)}–${short(largest)})`
}

function ratioOf({ ratio, ratioSpread, ours }: Judged): string {
  if (ratio === undefined || ratioSpread === undefined) return ''
  const [least, largest] = ratioSpread
  return `${ratio.toFixed(2)} ×${ours.length < 2 ? '' : ` (${least.toFixed(2)}–${largest.toFixed(2)})`}`
}

function targetOf({ of, atLeast, atMost }: Target, unit: string): string {
  const bound = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`
  if (of === 'ratio') return `${bound} ×`
  return of === 'difference' ? `${bound} ${unit} more` : `${bound} ${unit}`
}

const processRow = ({ side, process, seconds, share }: ProcessTime): readonly string[] => [
  `  ${side}`,
  process,
  withSpread(seconds),
  `${Math.round(share * 100)} % of a processor`,
]

const short = (value: number): string =>
  Number.isFinite(value) ? (value >= 100 ? value.toFixed(0) : value.toPrecision(3)) : '–'

function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
