import type { FailuresEvent } from './audit-event.ts'

const MINUTE_MS = 60_000
/** Addresses of one minute that have a line of their own; the rest share one. */
const MAX_ADDRESSES = 1_000

/** Counts what cannot be trusted with a line each: whoever fails before she is known could fill the disk. */
export interface FailureCounts {
  /** `code` is one of a bounded set. */
  add(time: number, address: string, code: string): void
  /** The minutes that have ended by `time`, oldest first; they are forgotten. Infinity: all, the minute that runs too. */
  take(time: number): readonly FailuresEvent[]
}

export function createFailureCounts(): FailureCounts {
  const minutes = new Map<number, Map<string, Map<string, number>>>()
  return {
    add(time, address, code) {
      const minute = Math.floor(time / MINUTE_MS)
      const addresses = minutes.get(minute) ?? new Map<string, Map<string, number>>()
      minutes.set(minute, addresses)
      const own = addresses.has(address) || addresses.size < MAX_ADDRESSES ? address : 'others'
      const counts = addresses.get(own) ?? new Map<string, number>()
      addresses.set(own, counts)
      counts.set(code, (counts.get(code) ?? 0) + 1)
    },
    take(time) {
      const ended = [...minutes].filter(([minute]) => (minute + 1) * MINUTE_MS <= time).toSorted(([a], [b]) => a - b)
      return ended.flatMap(([minute, addresses]) => {
        minutes.delete(minute)
        return [...addresses].map(([address, counts]) => ({
          kind: 'failures' as const,
          address,
          minute: new Date(minute * MINUTE_MS).toISOString(),
          counts: Object.fromEntries(counts),
        }))
      })
    },
  }
}
