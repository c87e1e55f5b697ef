import type { Clock } from '../base/clock.ts'

/** Far more than callers at a time; beyond them the one that was used longest ago is forgotten. */
const MAX_BUCKETS = 50_000

/** What adding up parts of a token may lose: who waited as told must find a whole one. */
const ROUNDING = 1e-6

export interface Rate {
  /** Tokens that come back each second. */
  readonly perSecond: number
  /** Tokens of a full bucket, at least 1. */
  readonly burst: number
}

/** Buckets by name that fill at a rate. A full one is the same as none, so those that nobody uses are forgotten. */
export interface TokenBuckets {
  /** Buckets that are remembered. */
  readonly size: number
  /** Milliseconds until there is a token, at least 1; 0 where there is one now. Takes none. */
  waitMs(name: string, rate: Rate): number
  /** Takes a token where there is one. */
  take(name: string, rate: Rate): void
  /** Full again. */
  refill(name: string): void
}

interface Bucket {
  readonly tokens: number
  /** When it had them. */
  readonly at: number
  /** When it will be full. */
  readonly fullAt: number
}

/** By the clock that only goes forward. A changed rate counts from the next use. */
export function createTokenBuckets({ clock, max = MAX_BUCKETS }: { clock: Clock; max?: number }): TokenBuckets {
  // In the order of their last use.
  const buckets = new Map<string, Bucket>()

  const tokensOf = (name: string, { perSecond, burst }: Rate) => {
    const bucket = buckets.get(name)
    if (bucket === undefined) return burst
    return Math.min(burst, bucket.tokens + ((clock.now() - bucket.at) * perSecond) / 1000)
  }
  // Up to two for each new one, so that they become fewer again after many have come.
  const forgetIdle = () => {
    for (let looks = 0; looks < 2; looks++) {
      const oldest = buckets.entries().next()
      if (oldest.done) return
      const [name, { fullAt }] = oldest.value
      if (fullAt > clock.now() && buckets.size <= max) return
      buckets.delete(name)
    }
  }

  return {
    get size() {
      return buckets.size
    },
    waitMs(name, rate) {
      const lacking = 1 - tokensOf(name, rate)
      return lacking <= ROUNDING ? 0 : Math.max(1, Math.ceil((lacking * 1000) / rate.perSecond))
    },
    take(name, rate) {
      const now = clock.now()
      const tokens = Math.max(0, tokensOf(name, rate) - 1)
      buckets.delete(name)
      buckets.set(name, { tokens, at: now, fullAt: now + ((rate.burst - tokens) * 1000) / rate.perSecond })
      forgetIdle()
    },
    refill: (name) => void buckets.delete(name),
  }
}
