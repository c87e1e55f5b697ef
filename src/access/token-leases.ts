import type { Clock, Timer } from '../base/clock.ts'
import type { Leased, SharedBuckets } from '../store/shared-buckets.ts'
import type { Rate } from './token-buckets.ts'

/** Far more than callers at a time; beyond them the one that was used longest ago is forgotten. */
const MAX_LEASES = 50_000
/** What was not used by then is lost to its bucket. */
const LEASE_MS = 1_000
/** A lease is for about so long: as a bucket is used up sooner or later than that, it grows or shrinks. */
const AIM_MS = 100
/** An empty bucket is asked again after so long at least, so that who goes on calling costs 50 questions a second. */
const EMPTY_MS = 20
/** A store that takes longer than that for an answer is taken for away. */
const ANSWER_MS = 5_000

/** What this node has of one bucket that all nodes share. */
export interface TokenLease {
  /** Whether there is a token for a call now. */
  readonly ready: boolean
  /** How long the bucket is known to be empty, milliseconds; 0 where there is a token, or the store has to be asked. */
  readonly waitMs: number
  /** Takes a token that is ready. */
  take(): void
  /** A call needs a token, until it leaves: what is asked for next is for all of them. */
  enter(): void
  leave(): void
  /** Asks the store; who comes while a question is on its way waits for its answer. Rejects where the store is away. */
  renew(): Promise<void>
}

/** By the name of the bucket. A changed rate voids what was leased at the old one. */
export interface TokenLeases {
  /** Leases that are remembered. */
  readonly size: number
  of(name: string, rate: Rate): TokenLease
}

/**
 * A lease costs a round trip (about 1 ms), which busy callers pay for one call in ten: 0.1 ms a call.
 * Tokens are out of the bucket from the moment they are leased, so nodes together never give more than the bucket had:
 * since it was full, its burst and what came back since. In any other span of time it is at most what a span longer by
 * LEASE_MS, and by the time that the store takes to answer, would have given.
 */
export function createTokenLeases(parts: { buckets: SharedBuckets; clock: Clock; max?: number }): TokenLeases {
  const { buckets, clock, max = MAX_LEASES } = parts
  // In the order of their last use.
  const leases = new Map<string, ReturnType<typeof tokenLease>>()
  // Up to two for each new one, so that they become fewer again after many have come.
  const forgetIdle = () => {
    for (let looks = 0; looks < 2; looks++) {
      const oldest = leases.entries().next()
      if (oldest.done) return
      const [name, lease] = oldest.value
      if (!lease.idle && leases.size < max) return
      leases.delete(name)
    }
  }
  return {
    get size() {
      return leases.size
    },
    of(name, rate) {
      const known = leases.get(name)
      if (known === undefined) forgetIdle()
      const lease = known ?? tokenLease({ name, buckets, clock })
      lease.use(rate)
      leases.delete(name)
      leases.set(name, lease)
      return lease
    },
  }
}

function tokenLease({ name, buckets, clock }: { name: string; buckets: SharedBuckets; clock: Clock }) {
  let rate: Rate = { perSecond: 1, burst: 1 }
  let tokens = 0
  let leasedAt = -Infinity
  let usedAt = -Infinity
  let emptyUntil = -Infinity
  /** How many are asked for at a time, where not more calls wait. */
  let size = 1
  let entered = 0
  let asking: Promise<void> | undefined

  const isVoid = () => clock.now() - leasedAt >= LEASE_MS
  const ready = () => tokens >= 1 && !isVoid()
  const resize = () => {
    const lastedMs = clock.now() - leasedAt
    if (isVoid()) size = 1
    else if (lastedMs > 2 * AIM_MS) size = Math.max(1, Math.floor(size / 2))
    else if (lastedMs <= AIM_MS) size *= 2
    size = Math.min(size, Math.max(1, Math.floor((rate.perSecond * AIM_MS) / 1000)))
  }
  const took = (leased: Leased, at: Rate) => {
    // The settings have changed meanwhile.
    if (at !== rate) return
    tokens = leased.tokens
    leasedAt = clock.now()
    const leastMs = Math.min(EMPTY_MS, Math.ceil((rate.burst * 500) / rate.perSecond))
    emptyUntil = leased.waitMs === 0 ? -Infinity : leasedAt + Math.max(leased.waitMs, tokens > 0 ? 0 : leastMs)
  }
  const ask = async () => {
    resize()
    const at = rate
    const want = Math.min(at.burst, Math.max(size, entered))
    const answered = buckets.lease({ name, ...at, want }).then((leased) => took(leased, at))
    // Whoever waited for it has gone; tokens that come after all are there for others.
    answered.catch(() => undefined)
    const late = deadline(clock)
    try {
      await Promise.race([answered, late.passed])
    } finally {
      late.timer.cancel()
    }
  }

  return {
    get ready() {
      return ready()
    },
    get waitMs() {
      return ready() ? 0 : Math.max(0, emptyUntil - clock.now())
    },
    get idle() {
      return entered === 0 && clock.now() - usedAt >= LEASE_MS && clock.now() >= emptyUntil
    },
    use(given: Rate) {
      usedAt = clock.now()
      if (given.perSecond === rate.perSecond && given.burst === rate.burst) return
      rate = { perSecond: given.perSecond, burst: given.burst }
      tokens = 0
      emptyUntil = -Infinity
    },
    take: () => void tokens--,
    enter: () => void entered++,
    leave: () => void entered--,
    renew: () =>
      (asking ??= ask().finally(() => {
        asking = undefined
      })),
  }
}

function deadline(clock: Clock): { readonly passed: Promise<never>; readonly timer: Timer } {
  const { promise, reject } = Promise.withResolvers<never>()
  return { passed: promise, timer: clock.after(ANSWER_MS, () => reject(new Error('the store took too long'))) }
}
