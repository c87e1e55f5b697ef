import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'

const LOOK_EVERY_MS = 1_000
/** Looks without an answer after which this node says that it is not ready, so that callers go to another one. */
const NOT_READY_AFTER = 10
/** By then the other nodes have taken this one for dead: its gateways get their work at one of them. */
const LEAVE_AFTER = 25

/** Whether this node is cut off from the store that others may still reach. */
export interface LostStore extends AsyncDisposable {
  /** For people; undefined while the store answers. */
  readonly problem: string | undefined
}

/**
 * Looks are counted and not seconds: a process that stood still finds the store where it was. `answers` goes up with every
 * answer of the store; `leave` is called once each time that it is lost.
 */
export function watchLostStore(parts: {
  readonly answers: () => number
  readonly leave: () => void
  readonly clock: Clock
  readonly log: Log
}): LostStore {
  const { answers, leave, clock, log } = parts
  let seen = answers()
  let missed = 0
  const look = () => {
    const now = answers()
    if (now !== seen) {
      if (missed >= NOT_READY_AFTER) log.info({}, 'the store is there again')
      seen = now
      missed = 0
      return
    }
    missed++
    if (missed === NOT_READY_AFTER) log.error({}, 'the store does not answer: this server is not ready')
    if (missed !== LEAVE_AFTER) return
    log.warn({}, 'the store does not answer: gateways are told to find another server')
    leave()
  }
  const timer = clock.every(LOOK_EVERY_MS, look)
  return {
    get problem() {
      return missed < NOT_READY_AFTER ? undefined : 'The store does not answer.'
    },
    async [Symbol.asyncDispose]() {
      timer.cancel()
    },
  }
}
