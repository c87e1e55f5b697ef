import { findNats } from '../../test/fixtures/nats.ts'
import { findRedis } from '../../test/fixtures/redis.ts'
import { alternate, type Side, valuesOf } from '../alternate.ts'
import type { Benchmark, Figure } from '../benchmark.ts'
import { MEDIAN_MS, measureLoad, P99_MS } from '../load/measure-load.ts'
import { startPosternWorld } from '../load/postern-world.ts'
import { startBullmqWorld } from '../peers/bullmq-world.ts'
import { startNatsWorld } from '../peers/nats-world.ts'
import { processTimes } from '../processor-time.ts'

const MOST_RATIO = 1.2
const OURS = 'ours'
const PEER = 'BullMQ'
const BARE = 'bare NATS'

export const latency: Benchmark = {
  summary:
    'One task at a time: a signed create, the gateway, a durable result, the list in the hands of a waiting reader.',
  mustReach: 'at the median at most 1.2 × BullMQ doing create → worker → result',
  inQuick: false,
  async run({ runs, seconds, warmUpSeconds, folder, say, profile }) {
    if (!findRedis()) return { figures: [], processes: [], notes: [], missing: ['Redis is not on this machine'] }
    const load = { seconds, lanes: 1 }
    await using stack = new AsyncDisposableStack()
    const ours = stack.use(await startPosternWorld({ folder, ...(profile !== undefined && { profile }) }))
    const generator = stack.use(await ours.taskCallers(1))
    const bullmq = stack.use(await startBullmqWorld())
    const nats = findNats() ? stack.use(await startNatsWorld()) : undefined
    const pids = { server: ours.server.process().pid, gateway: ours.gateway.pid }
    const sides: Side[] = [
      { name: OURS, run: () => measureLoad(generator, load, pids) },
      { name: PEER, run: () => measureLoad(bullmq.generator, load, bullmq.pids) },
    ]
    if (nats !== undefined) sides.push({ name: BARE, run: () => measureLoad(nats.generator, load, nats.pids) })
    for (const each of [generator, bullmq.generator, ...(nats === undefined ? [] : [nats.generator])]) {
      await each.ask({ ...load, seconds: warmUpSeconds })
    }
    const samples = await alternate(sides, { runs, say })
    const figure = (name: string, value: string, peer: string): Figure => ({
      name,
      unit: 'ms',
      ours: valuesOf(samples.get(OURS), value),
      peer: { name: peer, values: valuesOf(samples.get(peer), value) },
    })
    return {
      figures: [
        { ...figure('median', MEDIAN_MS, PEER), target: { of: 'ratio', atMost: MOST_RATIO } },
        figure('99 % within', P99_MS, PEER),
        ...(nats === undefined ? [] : [figure('median beside bare request and reply', MEDIAN_MS, BARE)]),
      ],
      processes: processTimes(samples),
      notes: ['BullMQ keeps nothing on disk; ours is on disk before each answer.'],
      missing: nats === undefined ? ['bare NATS: it is not on this machine'] : [],
    }
  },
}
