import type { Clock } from '../base/clock.ts'
import { PosternError } from '../model/errors.ts'
import type { Principal } from './principal.ts'
import { createTokenBuckets, type Rate } from './token-buckets.ts'

export interface ThrottleRates {
  /** Undefined: without a limit. */
  readonly perKey: Rate | undefined
  readonly perAccount: Rate | undefined
}

export type Caller = Pick<Principal, 'key' | 'account'>

/**
 * Counts one request. Throws, or rejects with, Throttling.User and the time after which there is room again; such a
 * request counts for nothing.
 */
export type Throttle = (caller: Caller) => void | Promise<void>

/**
 * Row 36: how often one AccessKey, and all keys of one account together, may call, as far as this process knows. Throws
 * at once. `rates` is asked at each use.
 */
export function createThrottle({
  clock,
  rates,
}: {
  clock: Clock
  rates: () => ThrottleRates
}): (caller: Caller) => void {
  const keys = createTokenBuckets({ clock })
  const accounts = createTokenBuckets({ clock })

  return ({ key, account }) => {
    const { perKey, perAccount } = rates()
    const keyMs = perKey === undefined ? 0 : keys.waitMs(key, perKey)
    const accountMs = perAccount === undefined ? 0 : accounts.waitMs(account, perAccount)
    const retryAfterMs = Math.max(keyMs, accountMs)
    if (retryAfterMs > 0) {
      throw tooOften(keyMs >= accountMs ? 'this AccessKey' : 'this account', retryAfterMs)
    }
    if (perKey !== undefined) keys.take(key, perKey)
    if (perAccount !== undefined) accounts.take(account, perAccount)
  }
}

export const tooOften = (what: 'this AccessKey' | 'this account', retryAfterMs: number) =>
  new PosternError('Throttling.User', { values: { what }, retryAfterMs })
