import type { Sample } from '../benchmark.ts'
import type { Child } from '../child.ts'
import { withProcessorTime } from '../processor-time.ts'
import { loadReply } from './drive-load.ts'

export const GENERATOR = 'load generator'

export interface Load {
  readonly seconds: number
  readonly lanes: number
}

/** Names of the figures of each run. */
export const PER_SECOND = 'each second'
export const MEDIAN_MS = 'median ms'
export const P99_MS = '99 % ms'

/** One run: what a load generator says, with the processor time of it and of all others. */
export async function measureLoad(
  generator: Child,
  load: Load,
  pids: Readonly<Record<string, number>>,
): Promise<Sample> {
  const all = { ...pids, [GENERATOR]: generator.pid }
  const { result, processorMs } = await withProcessorTime(all, () => generator.ask(load))
  const { count, seconds, medianMs, p99Ms } = loadReply.parse(result)
  return {
    values: { [PER_SECOND]: count / seconds, [MEDIAN_MS]: medianMs, [P99_MS]: p99Ms },
    processorMs,
    seconds,
  }
}

/** How many for each processor second of some of the processes together. */
export function perProcessorSecond(
  samples: readonly Sample[] | undefined,
  processes: readonly string[],
): readonly number[] {
  return (samples ?? []).map(({ values, processorMs, seconds }) => {
    const used = processes.reduce((sum, name) => sum + (processorMs[name] ?? Number.NaN), 0)
    return ((values[PER_SECOND] ?? Number.NaN) * seconds * 1000) / used
  })
}
