import type { ServerUnderTest } from './server-under-test.ts'
import type { World } from './world.ts'

/** A caller does not wait longer for an answer. */
const GIVE_UP_MS = 40_000

/** The way of one request to the server and of its answer back: either may be lost, and so may both. */
export class CallLost extends Error {}

/** Asks whatever server is up. Rejects with CallLost, or with what the server answered. */
export function callServer<T>(world: World, ask: (server: ServerUnderTest) => Promise<T>): Promise<T> {
  const { timeline, random, network, mix } = world
  const lag = () => network.latency.minMs + random.below(network.latency.maxMs - network.latency.minMs + 1)
  return new Promise((resolve, reject) => {
    const patience = timeline.plan(GIVE_UP_MS, () => reject(new CallLost('no answer')))
    const answer = (deliver: () => void) => {
      if (random.chance(mix.answersLost)) return
      timeline.plan(lag(), () => {
        patience.cancel()
        deliver()
      })
    }
    timeline.plan(lag(), () => {
      const { server } = world
      if (server === undefined) return answer(() => reject(new CallLost('no server')))
      server.process.plan(0, () => {
        ask(server).then(
          (value) => answer(() => resolve(value)),
          (error: unknown) => answer(() => reject(error instanceof Error ? error : new Error(String(error)))),
        )
      })
    })
  })
}

export const pause = (world: World, ms: number) => new Promise<void>((resolve) => world.timeline.plan(ms, resolve))
