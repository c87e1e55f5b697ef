import type { Clock } from '../../src/base/clock.ts'
import type { Leased, LeaseWish, SharedBuckets } from '../../src/store/shared-buckets.ts'

export interface ModelBuckets extends SharedBuckets {
  /** What was asked for and what was given, in order. */
  readonly leases: readonly (LeaseWish & Leased)[]
}

/** What shared buckets are to do, in the simplest words. */
export function modelBuckets(clock: Clock): ModelBuckets {
  const buckets = new Map<string, { tokens: number; at: number }>()
  const leases: (LeaseWish & Leased)[] = []
  return {
    leases,
    async lease(wish) {
      const { name, perSecond, burst, want } = wish
      const now = clock.now()
      const { tokens, at } = buckets.get(name) ?? { tokens: burst, at: now }
      const had = Math.min(burst, tokens + (Math.max(0, now - at) * perSecond) / 1000)
      const taken = Math.min(want, Math.floor(had + 1e-6))
      const left = had - taken
      buckets.set(name, { tokens: left, at: Math.max(now, at) })
      const waitMs = left > 1 - 1e-6 ? 0 : Math.max(1, Math.ceil(((1 - left) * 1000) / perSecond))
      leases.push({ ...wish, tokens: taken, waitMs })
      return { tokens: taken, waitMs }
    },
  }
}
