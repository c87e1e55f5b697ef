import { findNats } from '../../test/fixtures/nats.ts'
import { findRedis } from '../../test/fixtures/redis.ts'
import { alternate } from '../alternate.ts'
import type { Measured, RunOptions, Sample } from '../benchmark.ts'
import { startBullmqWorld } from '../peers/bullmq-world.ts'
import { startNatsWorld } from '../peers/nats-world.ts'
import { measureLoad } from './measure-load.ts'
import { startPosternWorld } from './postern-world.ts'

export const OURS = 'ours'
export const BULLMQ = 'BullMQ'
export const BARE_NATS = 'bare NATS'
/** Of our processes. */
export const SERVER = 'server'

export interface BesideQueues {
  readonly samples: ReadonlyMap<string, readonly Sample[]>
  /** Without it there are no samples of bare NATS. */
  readonly withNats: boolean
  readonly notes: readonly string[]
}

/** Whole tasks by so many callers at once: ours, BullMQ and, where it is on this machine, bare NATS; each warmed up, in turns. */
export async function besideQueues(lanes: number, options: RunOptions): Promise<BesideQueues | Measured> {
  const { runs, seconds, warmUpSeconds, folder, say, profile } = options
  if (!findRedis()) return { figures: [], processes: [], notes: [], missing: ['Redis is not on this machine'] }
  const load = { seconds, lanes }
  await using stack = new AsyncDisposableStack()
  const ours = stack.use(await startPosternWorld({ folder, ...(profile !== undefined && { profile }) }))
  const generator = stack.use(await ours.taskCallers(lanes))
  const bullmq = stack.use(await startBullmqWorld())
  const nats = findNats() ? stack.use(await startNatsWorld()) : undefined
  const pids = { [SERVER]: ours.server.process().pid, gateway: ours.gateway.pid }
  const sides = [
    { name: OURS, generator, pids },
    { name: BULLMQ, generator: bullmq.generator, pids: bullmq.pids },
    ...(nats === undefined ? [] : [{ name: BARE_NATS, generator: nats.generator, pids: nats.pids }]),
  ]
  for (const side of sides) await side.generator.ask({ ...load, seconds: warmUpSeconds })
  const samples = await alternate(
    sides.map((side) => ({ name: side.name, run: () => measureLoad(side.generator, load, side.pids) })),
    { runs, say },
  )
  const withNats = nats !== undefined
  return { samples, withNats, notes: withNats ? [] : ['Bare NATS, which only tells more, is not on this machine.'] }
}
