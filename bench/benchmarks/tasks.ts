import { findNats } from '../../test/fixtures/nats.ts'
import { findRedis } from '../../test/fixtures/redis.ts'
import { alternate, type Side, valuesOf } from '../alternate.ts'
import type { Benchmark, Figure } from '../benchmark.ts'
import { generatorNotes } from '../load/generator-note.ts'
import { GENERATOR, measureLoad, P99_MS, PER_SECOND, perProcessorSecond } from '../load/measure-load.ts'
import { startPosternWorld } from '../load/postern-world.ts'
import { startBullmqWorld, REDIS } from '../peers/bullmq-world.ts'
import { startNatsWorld } from '../peers/nats-world.ts'
import { processTimes } from '../processor-time.ts'

const LANES = 64
const LEAST_RATIO = 2
const OURS = 'ours'
const PEER = 'BullMQ'
const BARE = 'bare NATS'
const SERVER = 'server'

export const tasks: Benchmark = {
  summary:
    'A signed create → a gateway whose engine answers at once → stored durably → a waiting reader has the list; 64 at once.',
  mustReach:
    '2 × BullMQ doing create → worker → result, which keeps nothing on disk; also for each processor second of the server side',
  inQuick: true,
  async run({ runs, seconds, warmUpSeconds, folder, say, profile }) {
    if (!findRedis()) return { figures: [], processes: [], notes: [], missing: ['Redis is not on this machine'] }
    const load = { seconds, lanes: LANES }
    await using stack = new AsyncDisposableStack()
    const ours = stack.use(await startPosternWorld({ folder, ...(profile !== undefined && { profile }) }))
    const generator = stack.use(await ours.taskCallers(LANES))
    const bullmq = stack.use(await startBullmqWorld())
    const nats = findNats() ? stack.use(await startNatsWorld()) : undefined
    const pids = { [SERVER]: ours.server.process().pid, gateway: ours.gateway.pid }
    const sides: Side[] = [
      { name: OURS, run: () => measureLoad(generator, load, pids) },
      { name: PEER, run: () => measureLoad(bullmq.generator, load, bullmq.pids) },
    ]
    if (nats !== undefined) sides.push({ name: BARE, run: () => measureLoad(nats.generator, load, nats.pids) })
    for (const each of [generator, bullmq.generator, ...(nats === undefined ? [] : [nats.generator])]) {
      await each.ask({ ...load, seconds: warmUpSeconds })
    }
    const samples = await alternate(sides, { runs, say })

    const beside = (name: string, value: string) => ({ name, values: valuesOf(samples.get(name), value) })
    const perSecond = perProcessorSecond(samples.get(OURS), [SERVER])
    const peerPerSecond = (name: string, processes: readonly string[]) => ({
      name,
      values: perProcessorSecond(samples.get(PEER), processes),
    })
    const figures: Figure[] = [
      {
        name: 'tasks a second',
        unit: '/s',
        ours: valuesOf(samples.get(OURS), PER_SECOND),
        peer: beside(PEER, PER_SECOND),
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
      { name: '99 % within', unit: 'ms', ours: valuesOf(samples.get(OURS), P99_MS), peer: beside(PEER, P99_MS) },
      ...(nats === undefined
        ? []
        : [
            {
              name: 'beside bare request and reply',
              unit: '/s',
              ours: valuesOf(samples.get(OURS), PER_SECOND),
              peer: beside(BARE, PER_SECOND),
            },
          ]),
    ]
    return {
      figures,
      processes: processTimes(samples),
      notes: [
        ...generatorNotes(samples),
        'The server side is judged by the plain reading: our server process, which takes HTTP and verifies signatures, beside Redis alone. Whoever puts an API before BullMQ also runs the process that adds and awaits: the line below it.',
      ],
      missing: nats === undefined ? ['bare NATS: it is not on this machine'] : [],
    }
  },
}
