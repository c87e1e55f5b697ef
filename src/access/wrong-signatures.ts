import { createHash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { PosternError } from '../model/errors.ts'
import { addressGroup } from '../model/host.ts'
import { createTokenBuckets } from './token-buckets.ts'

/** Longer ids are nobody's; they are kept as their digest, so that no caller decides how much memory one takes. */
const MAX_LITERAL_CHARS = 128

/** One try to sign in. `address` is the caller's, undefined where it is not known. */
export interface SignInTry {
  readonly address: string | undefined
  readonly accessKeyId: string
}

/**
 * Who goes on failing is answered without the work of checking. It is counted for an address and a key together, so
 * that a broken script locks out nobody else behind the same address; ids that nobody has count together for an address.
 */
export interface WrongSignatures {
  /** Call before the key is looked up. Throws Throttling where this key has failed too often from there. */
  check(attempt: SignInTry): void
  /** The signature did not match, or the key is switched off. */
  failed(attempt: SignInTry): void
  /** Nobody has the key. Throws Throttling where that has been so too often from there. */
  unknown(attempt: SignInTry): void
  /** The signature was right: what failed before it is forgotten. */
  succeeded(attempt: SignInTry): void
}

/** `perMinute` is asked at each use; 0 is no limit. */
export function createWrongSignatures(parts: { clock: Clock; perMinute: () => number; max?: number }): WrongSignatures {
  const { perMinute } = parts
  const pairs = createTokenBuckets(parts)
  const strangers = createTokenBuckets(parts)
  const rate = () => ({ perSecond: perMinute() / 60, burst: perMinute() })
  // Mostly nobody has failed: then the name of a pair need not be made, twice for each call.
  const hasFailures = () => pairs.size > 0

  return {
    check(attempt) {
      if (perMinute() > 0 && hasFailures()) refuse(pairs.waitMs(pairOf(attempt), rate()))
    },
    failed(attempt) {
      if (perMinute() > 0) pairs.take(pairOf(attempt), rate())
    },
    unknown({ address }) {
      if (perMinute() === 0) return
      const name = groupOf(address)
      refuse(strangers.waitMs(name, rate()))
      strangers.take(name, rate())
    },
    succeeded(attempt) {
      if (hasFailures()) pairs.refill(pairOf(attempt))
    },
  }
}

function refuse(retryAfterMs: number): void {
  if (retryAfterMs > 0) throw new PosternError('Throttling', { retryAfterMs })
}

const groupOf = (address: string | undefined) => (address === undefined ? '' : addressGroup(address))

function pairOf({ address, accessKeyId: id }: SignInTry): string {
  const key = id.length <= MAX_LITERAL_CHARS ? id : createHash('sha256').update(id).digest('base64')
  return `${groupOf(address)} ${key}`
}
