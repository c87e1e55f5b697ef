import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Bus } from '../bus/bus.ts'
import type { Retention, Store } from '../store/store.ts'
import type { Task } from '../store/task-store.ts'
import type { Dispatcher } from './dispatcher.ts'

const TICK_MS = 1_000
const PURGE_EVERY_MS = 60_000
/** Rows of a kind in a step, so that a purge never holds up the writes of people for long. */
const PURGE_ROWS = 500
/** Of a round: more than nonces come in a minute where callers call as often as they can. */
const MAX_PURGE_STEPS = 1_000

/** Ends what ran out of time, by the server's clock alone, and is the slow re-scan under lost wakes. */
export interface Reaper extends AsyncDisposable {
  /** One round at once; resolves at its end. For tests: the timer does it each second. */
  tick(): Promise<void>
}

export function startReaper(parts: {
  store: Store
  bus: Bus
  dispatcher: Dispatcher
  /** Asked before each purge. */
  retention: () => Retention
  clock: Clock
  log: Log
}): Reaper {
  const { store, bus, dispatcher, retention, clock, log } = parts
  let purgedAt = clock.now()
  const stopped = new AbortController()

  const endAll = async (step: () => Promise<readonly Task[]>) => {
    for (;;) {
      const ended = await step()
      if (ended.length === 0) return
      bus.publish(
        'task',
        ended.map(({ id }) => String(id)),
      )
      if (stopped.signal.aborted) return
    }
  }
  const rescan = async () => dispatcher.wake(await store.tasks.waiting())
  const purge = async () => {
    if (clock.now() - purgedAt < PURGE_EVERY_MS) return
    purgedAt = clock.now()
    for (let step = 0; step < MAX_PURGE_STEPS && !stopped.signal.aborted; step++) {
      if ((await store.purge(clock.now(), retention(), PURGE_ROWS)) === 0) return
    }
  }

  /** A second call while one runs waits for that one. */
  const oneAtATime = (work: () => Promise<void>) => {
    let running: Promise<void> | undefined
    return () => {
      running ??= work()
        .catch((error: unknown) => log.warn({ err: error }, 'a round of the reaper failed; the next one tries again'))
        .finally(() => {
          running = undefined
        })
      return running
    }
  }
  // Beside each other: nothing that fails or takes long must keep a deadline waiting. Deleted gateways come first, so that a
  // store that works in order says of their tasks that the gateway is gone, and not that it is offline.
  const rounds = [
    oneAtATime(() => endAll(() => store.fleet.endDeleted())),
    oneAtATime(() => endAll(() => store.tasks.expire(clock.now()))),
    oneAtATime(rescan),
    oneAtATime(purge),
  ]
  let last: Promise<unknown> = Promise.resolve()
  const tick = async () => {
    last = Promise.all(rounds.map((once) => once()))
    await last
  }
  const timer = clock.every(TICK_MS, () => void tick())

  return {
    tick,
    async [Symbol.asyncDispose]() {
      stopped.abort()
      timer.cancel()
      await last
    },
  }
}
