import type { Clock, Timer } from '../base/clock.ts'
import type { Instant } from '../model/task.ts'
import type { ClaimKey } from '../store/task-store.ts'

/** Most attempts end sooner, and their end says it too: that an attempt was accepted then costs no write of its own. */
const AFTER_MS = 100
/** The same where it matters soon: the task must not end as undelivered meanwhile. */
const SOON_AFTER_MS = 5
/** Longer than what is to be stored waits for its commit. */
const SOON_MS = 20_000

/** Attempts that were accepted a moment ago, each of its own gateway. */
export interface PendingAccepts {
  /** Calls back a little later, unless it is dropped. `by`: when the task fails unless it was accepted; undefined where that is not known. */
  add(claim: ClaimKey, by: Instant | undefined, store: () => void): void
  drop(claim: ClaimKey): void
  clear(): void
}

export function createPendingAccepts(clock: Clock): PendingAccepts {
  const timers = new Map<string, Timer>()
  const drop = (key: string) => {
    timers.get(key)?.cancel()
    timers.delete(key)
  }
  return {
    add(claim, by, store) {
      const key = keyOf(claim)
      drop(key)
      const canWait = by !== undefined && by - clock.now() > SOON_MS
      const timer = clock.after(canWait ? AFTER_MS : SOON_AFTER_MS, () => {
        timers.delete(key)
        store()
      })
      timers.set(key, timer)
    },
    drop: (claim) => drop(keyOf(claim)),
    clear() {
      for (const key of timers.keys()) drop(key)
    },
  }
}

const keyOf = ({ gateway, attempt }: ClaimKey) => `${gateway} ${attempt}`
