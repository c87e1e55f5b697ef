import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { PosternError } from '../model/errors.ts'
import type { SharedBuckets } from '../store/shared-buckets.ts'
import { type Caller, createThrottle, type Throttle, type ThrottleRates, tooOften } from './throttle.ts'
import { createTokenLeases, type TokenLease } from './token-leases.ts'

/** How long a store that was away is not asked. */
const AWAY_MS = 1_000
/** Answers of the store that one call waits for. More than one where others were faster. */
const MAX_ROUNDS = 20

interface Needed {
  readonly what: 'this AccessKey' | 'this account'
  readonly lease: TokenLease
}

/**
 * Row 36 for all nodes on a store together. Calls are counted here as long as tokens are leased, and wait for the store
 * only for the next lease. While the store is away each node counts by itself; its calls fail on the store anyway.
 * `rates` is asked at each use.
 */
export function createSharedThrottle(parts: {
  buckets: SharedBuckets
  rates: () => ThrottleRates
  clock: Clock
  log: Log
}): Throttle {
  const { buckets, rates, clock, log } = parts
  const leases = createTokenLeases({ buckets, clock })
  const alone = createThrottle({ clock, rates })
  let awayUntil = -Infinity
  let told = false

  const neededBy = ({ key, account }: Caller): Needed[] => {
    const { perKey, perAccount } = rates()
    const needed: Needed[] = []
    if (perKey !== undefined) needed.push({ what: 'this AccessKey', lease: leases.of(`key ${key}`, perKey) })
    if (perAccount !== undefined)
      needed.push({ what: 'this account', lease: leases.of(`account ${account}`, perAccount) })
    return needed
  }
  const storeIsAway = (error: unknown) => {
    awayUntil = clock.now() + AWAY_MS
    if (!told) log.warn({ err: error }, 'the limits of callers hold for this node alone until the store answers')
    told = true
  }
  const waitFor = async (caller: Caller): Promise<void> => {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const needed = neededBy(caller)
      if (taken(needed)) return
      try {
        await renewed(needed)
        told = false
      } catch (error) {
        storeIsAway(error)
      }
      if (clock.now() < awayUntil) return alone(caller)
    }
    throw new PosternError('ServiceUnavailable', { values: { why: 'More calls come than can be counted.' } })
  }

  return (caller) => {
    if (clock.now() < awayUntil) return alone(caller)
    const needed = neededBy(caller)
    if (taken(needed)) return
    for (const { lease } of needed) lease.enter()
    return waitFor(caller).finally(() => {
      for (const { lease } of needed) lease.leave()
    })
  }
}

/** Whether there was a token of each, or false where the store must be asked. Throws where a bucket is known to be empty. */
function taken(needed: readonly Needed[]): boolean {
  let last: { readonly what: Needed['what']; readonly waitMs: number } | undefined
  for (const { what, lease } of needed) {
    const { waitMs } = lease
    if (waitMs > (last?.waitMs ?? 0)) last = { what, waitMs }
  }
  if (last !== undefined) throw tooOften(last.what, last.waitMs)
  if (!needed.every(({ lease }) => lease.ready)) return false
  for (const { lease } of needed) lease.take()
  return true
}

const renewed = (needed: readonly Needed[]) =>
  Promise.all(needed.flatMap(({ lease }) => (lease.ready ? [] : [lease.renew()])))
