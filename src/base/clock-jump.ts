import type { Clock, Timer } from './clock.ts'
import type { Log } from './log.ts'

const LOOK_EVERY_MS = 10_000
/** A smaller one is a clock that is being disciplined. */
const JUMP_MS = 60_000

/** Says in the log when the wall clock jumps; no running deadline moves with it. */
export function watchClockJumps(clock: Clock, log: Log): Timer {
  let offset = clock.wall() - clock.now()
  return clock.every(LOOK_EVERY_MS, () => {
    const jumpMs = clock.wall() - clock.now() - offset
    if (Math.abs(jumpMs) <= JUMP_MS) return
    offset += jumpMs
    log.warn(
      { jumpMs },
      'the wall clock jumped; running deadlines stay, timestamps of requests are compared with the new time',
    )
  })
}
