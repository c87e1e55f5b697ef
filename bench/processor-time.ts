import { readFileSync } from 'node:fs'
import type { ProcessTime, Sample } from './benchmark.ts'
import { median } from './median.ts'

const MS_A_TICK = 10

/**
 * Processor milliseconds of a process and all below it so far, user and system, those that have ended and were waited for
 * too. NaN where the system does not say (it is no Linux).
 */
export function processorMs(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const own = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) * MS_A_TICK
    return childrenOf(pid).reduce((sum, child) => sum + (processorMs(child) || 0), own)
  } catch {
    return Number.NaN
  }
}

function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return text === '' ? [] : text.split(' ').map(Number)
}

/** What some work makes of itself, with what each of the processes used for it. */
export async function withProcessorTime<T>(
  pids: Readonly<Record<string, number>>,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly processorMs: Readonly<Record<string, number>> }> {
  const look = () => Object.entries(pids).map(([name, pid]) => [name, processorMs(pid)] as const)
  const before = new Map(look())
  const result = await work()
  return {
    result,
    processorMs: Object.fromEntries(look().map(([name, ms]) => [name, ms - (before.get(name) ?? Number.NaN)])),
  }
}

/** A line for each process of each side. */
export function processTimes(samples: ReadonlyMap<string, readonly Sample[]>): readonly ProcessTime[] {
  return [...samples].flatMap(([side, runs]) =>
    Object.keys(runs[0]?.processorMs ?? {}).map((name) => ({
      side,
      process: name,
      seconds: runs.map((run) => (run.processorMs[name] ?? Number.NaN) / 1000),
      share: median(runs.map((run) => (run.processorMs[name] ?? Number.NaN) / 1000 / run.seconds)),
    })),
  )
}
