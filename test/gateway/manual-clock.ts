import type { Clock } from '../../src/base/clock.ts'

export interface ManualClock extends Clock {
  /** Moves on and fires what is due, in order. */
  advance(ms: number): void
  /** Timers that wait. */
  readonly pending: number
}

/** As in the runtime, a longer wait than its timers can count is over at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Time that passes only when the test says so. */
export function manualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let now = start
  const timers = new Set<{ at: number; every?: number; callback: () => void }>()
  const add = (timer: { at: number; every?: number; callback: () => void }) => {
    timers.add(timer)
    return { cancel: () => void timers.delete(timer) }
  }
  return {
    now: () => now,
    wall: () => now,
    after: (ms, callback) => add({ at: now + (ms > MAX_TIMER_MS ? 1 : ms), callback }),
    every: (ms, callback) => add({ at: now + ms, every: ms, callback }),
    get pending() {
      return timers.size
    },
    advance(ms) {
      const end = now + ms
      for (;;) {
        const due = [...timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0]
        if (due === undefined) break
        now = Math.max(now, due.at)
        if (due.every === undefined) timers.delete(due)
        else due.at += due.every
        due.callback()
      }
      now = end
    },
  }
}
