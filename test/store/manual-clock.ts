import type { Clock } from '../../src/base/clock.ts'

/** A clock that stands still until it is told to go on. Its timers fire while it is moved, in the order of their times. */
export interface ManualClock extends Clock {
  advance(ms: number): void
}

export function manualClock(start = 1_800_000_000_000): ManualClock {
  let now = start
  const timers = new Set<{ at: number; every: number | undefined; callback: () => void }>()

  const add = (ms: number, every: number | undefined, callback: () => void) => {
    const timer = { at: now + ms, every, callback }
    timers.add(timer)
    return { cancel: () => void timers.delete(timer) }
  }
  return {
    now: () => now,
    wall: () => now,
    after: (ms, callback) => add(ms, undefined, callback),
    every: (ms, callback) => add(ms, ms, callback),
    advance(ms) {
      const end = now + ms
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)
        if (next === undefined) break
        now = next.at
        if (next.every === undefined) timers.delete(next)
        else next.at += next.every
        next.callback()
      }
      now = end
    },
  }
}
