import { valuesOf } from '../alternate.ts'
import type { Benchmark, Figure } from '../benchmark.ts'
import { BARE_NATS, besideQueues, BULLMQ, OURS, SERVER } from '../load/beside-queues.ts'
import { generatorNotes } from '../load/generator-note.ts'
import { GENERATOR, P99_MS, PER_SECOND, perProcessorSecond } from '../load/measure-load.ts'
import { REDIS } from '../peers/bullmq-world.ts'
import { processTimes } from '../processor-time.ts'

const LANES = 64
const LEAST_RATIO = 2

export const tasks: Benchmark = {
  summary:
    'A signed create → a gateway whose engine answers at once → stored durably → a waiting reader has the list; 64 at once.',
  mustReach:
    '2 × BullMQ doing create → worker → result, which keeps nothing on disk; also for each processor second of the server side',
  inQuick: true,
  async run(options) {
    const measured = await besideQueues(LANES, options)
    if (!('samples' in measured)) return measured
    const { samples, withNats } = measured

    const beside = (name: string, value: string) => ({ name, values: valuesOf(samples.get(name), value) })
    const perSecond = perProcessorSecond(samples.get(OURS), [SERVER])
    const peerPerSecond = (name: string, processes: readonly string[]) => ({
      name,
      values: perProcessorSecond(samples.get(BULLMQ), processes),
    })
    const figures: Figure[] = [
      {
        name: 'tasks a second',
        unit: '/s',
        ours: valuesOf(samples.get(OURS), PER_SECOND),
        peer: beside(BULLMQ, PER_SECOND),
        target: { of: 'ratio', atLeast: LEAST_RATIO },
      },
      {
        name: 'for each processor second of the server side',
        unit: '',
        ours: perSecond,
        peer: peerPerSecond('Redis alone', [REDIS]),
        target: { of: 'ratio', atLeast: LEAST_RATIO },
      },
      {
        name: 'the same, beside Redis and the process that adds and awaits',
        unit: '',
        ours: perSecond,
        peer: peerPerSecond('Redis and adder', [REDIS, GENERATOR]),
      },
      { name: '99 % within', unit: 'ms', ours: valuesOf(samples.get(OURS), P99_MS), peer: beside(BULLMQ, P99_MS) },
      ...(withNats
        ? [
            {
              name: 'beside bare request and reply',
              unit: '/s',
              ours: valuesOf(samples.get(OURS), PER_SECOND),
              peer: beside(BARE_NATS, PER_SECOND),
            },
          ]
        : []),
    ]
    return {
      figures,
      processes: processTimes(samples),
      notes: [
        ...measured.notes,
        ...generatorNotes(samples),
        'The server side is judged by the plain reading: our server process, which takes HTTP and verifies signatures, beside Redis alone. Whoever puts an API before BullMQ also runs the process that adds and awaits: the line below it.',
      ],
      missing: [],
    }
  },
}
