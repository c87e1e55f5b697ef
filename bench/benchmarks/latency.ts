import { valuesOf } from '../alternate.ts'
import type { Benchmark, Figure } from '../benchmark.ts'
import { BARE_NATS, besideQueues, BULLMQ, OURS } from '../load/beside-queues.ts'
import { MEDIAN_MS, P99_MS } from '../load/measure-load.ts'
import { processTimes } from '../processor-time.ts'

const MOST_RATIO = 1.2

export const latency: Benchmark = {
  summary:
    'One task at a time: a signed create, the gateway, a durable result, the list in the hands of a waiting reader.',
  mustReach: 'at the median at most 1.2 × BullMQ doing create → worker → result',
  inQuick: false,
  async run(options) {
    const measured = await besideQueues(1, options)
    if (!('samples' in measured)) return measured
    const { samples, withNats, notes } = measured
    const figure = (name: string, value: string, peer: string): Figure => ({
      name,
      unit: 'ms',
      ours: valuesOf(samples.get(OURS), value),
      peer: { name: peer, values: valuesOf(samples.get(peer), value) },
    })
    return {
      figures: [
        { ...figure('median', MEDIAN_MS, BULLMQ), target: { of: 'ratio', atMost: MOST_RATIO } },
        figure('99 % within', P99_MS, BULLMQ),
        ...(withNats ? [figure('median beside bare request and reply', MEDIAN_MS, BARE_NATS)] : []),
      ],
      processes: processTimes(samples),
      notes: [...notes, 'BullMQ keeps nothing on disk; ours is on disk before each answer.'],
      missing: [],
    }
  },
}
