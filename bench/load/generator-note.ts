import type { Sample } from '../benchmark.ts'
import { median } from '../median.ts'
import { GENERATOR } from './measure-load.ts'

/** Of one processor: a generator that uses more than this may be what is measured. */
const BOTTLENECK_SHARE = 0.8

/** Whether the load generator of each side could have been what held it back. */
export function generatorNotes(samples: ReadonlyMap<string, readonly Sample[]>): readonly string[] {
  return [...samples].map(([side, runs]) => {
    const share = median(runs.map((run) => (run.processorMs[GENERATOR] ?? Number.NaN) / 1000 / run.seconds))
    const verdict = share > BOTTLENECK_SHARE ? 'WAS THE BOTTLENECK, or near it' : 'was not the bottleneck'
    return `The load generator of ${side} ${verdict}: it used ${Math.round(share * 100)} % of a processor.`
  })
}
