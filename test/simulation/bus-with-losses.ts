import type { Bus } from '../../src/bus/bus.ts'
import { localBus } from '../../src/bus/local-bus.ts'
import type { Random } from '../fuzz/random.ts'
import type { MachineProcess } from './machine.ts'

/** From 0 to 1: how many wakes are lost, and how many come late. */
export interface BusFaults {
  lost: number
  late: number
}

const MAX_LATE_MS = 400

/** The real bus, which may lose, repeat or delay a wake: it costs time, never a task. */
export function busWithLosses(parts: { random: Random; process: MachineProcess; faults: BusFaults }): Bus {
  const { random, process, faults } = parts
  const bus = localBus()
  return {
    publish(subject, keys) {
      // A deletion that nobody hears of is found with the next connection only; that is not what is simulated here.
      if (subject !== 'deleted' && random.chance(faults.lost)) return
      if (random.chance(faults.late)) process.plan(random.below(MAX_LATE_MS), () => bus.publish(subject, keys))
      else bus.publish(subject, keys)
    },
    subscribe: (subject, wake) => bus.subscribe(subject, wake),
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  }
}
