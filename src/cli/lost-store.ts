import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'

const LOOK_EVERY_MS = 1_000
/** Looks with a problem, which is one after 2 s: by then the other nodes have taken this one for dead, and have its work. */
const LEAVE_AFTER = 23

/**
 * Calls `leave` once each time that this node has been without its store for 25 s, which others may still reach. Looks are
 * counted and not seconds: a process that stood still finds the store where it was. `problem` is that of the store.
 */
export function watchLostStore(parts: {
  readonly problem: () => string | undefined
  readonly leave: () => void
  readonly clock: Clock
  readonly log: Log
}): AsyncDisposable {
  const { problem, leave, clock, log } = parts
  let missed = 0
  const look = () => {
    const why = problem()
    if (why === undefined) {
      if (missed > 0) log.info({}, 'the store is there again')
      missed = 0
      return
    }
    missed++
    if (missed === 1) log.error({ why }, 'the store does not answer: this server is not ready')
    if (missed !== LEAVE_AFTER) return
    log.warn({}, 'the store does not answer: gateways are told to find another server')
    leave()
  }
  const timer = clock.every(LOOK_EVERY_MS, look)
  return {
    async [Symbol.asyncDispose]() {
      timer.cancel()
    },
  }
}
