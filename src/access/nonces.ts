import { createHash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { ownText } from '../base/own-text.ts'
import { PosternError } from '../model/errors.ts'
import type { AccessKeyId } from '../model/ids.ts'
import type { AccessStore, Nonce } from '../store/access-store.ts'
import { createNonceFilter } from './nonce-filter.ts'

/** A nonce of a read is in the store within a second. */
const WRITE_BEHIND_MS = 250
const BATCH = 1_000
/** Nonces that are not in the store yet; beyond them requests are refused rather than accepted twice. */
const MAX_UNSTORED = 100_000
/** Longer values are kept as their digest, so that no caller decides how much memory a nonce takes. */
const MAX_LITERAL_CHARS = 64
const LAST_TRIES = 3

/** Of a request whose signature verified; an action that changes something hands it to the store. */
export type ClaimedNonce = Nonce

/**
 * Every SignatureNonce is accepted once per key while its Timestamp may be valid. Memory holds those that the store does
 * not have yet, the store all others, so that a replay is refused after a restart too.
 */
export interface Nonces extends AsyncDisposable {
  /** Call only after the signature verified. Throws SignatureNonceUsed, also for two at the same moment. Follow it by `stored` or `writeBehind`. */
  claim(key: AccessKeyId, value: string): Promise<ClaimedNonce>
  /** It is in the store already, in the commit of the request's effect. */
  stored(nonce: ClaimedNonce): void
  /** To be stored soon; tried again until it is. Nothing for one that is stored. */
  writeBehind(nonce: ClaimedNonce): void
}

export function createNonces(parts: {
  store: AccessStore
  clock: Clock
  log: Log
  /** Twice the window of the Timestamp. */
  keepMs: number
  maxUnstored?: number
}): Nonces {
  const { store, clock, log, keepMs, maxUnstored = MAX_UNSTORED } = parts
  const unstored = createUnstored()
  const claimed = createNonceFilter({ clock, keepMs })
  /** When the last of the nonces that others burnt has no meaning any more. */
  let othersUntil: number | undefined
  const waiting = new Set<Nonce>()
  let timer: { cancel(): void } | undefined
  let flushing: Promise<void> | undefined
  let closed = false

  const writeBehind = (nonce: Nonce) => {
    if (!unstored.has(nonce.key, nonce.value)) return
    waiting.add(nonce)
    schedule()
  }
  const schedule = () => {
    if (closed || timer !== undefined || waiting.size === 0) return
    timer = clock.after(WRITE_BEHIND_MS, () => {
      timer = undefined
      void flush()
    })
  }
  const flush = () => {
    flushing ??= storeWaiting().finally(() => {
      flushing = undefined
      schedule()
    })
    return flushing
  }
  const storeWaiting = async () => {
    const all = [...waiting]
    for (let at = 0; at < all.length; at += BATCH) {
      const batch = all.slice(at, at + BATCH)
      try {
        await store.burn(batch)
      } catch (error) {
        log.warn({ err: error, nonces: waiting.size }, 'nonces could not be stored yet')
        return
      }
      for (const nonce of batch) {
        waiting.delete(nonce)
        unstored.delete(nonce)
      }
    }
  }

  /** The store is asked about those alone that it could have: looking takes longer than checking a signature. */
  const isBurnt = async ({ key, value }: Nonce) => {
    const isNew = !claimed.add(value)
    othersUntil ??= await store.nonceHorizon()
    return isNew && clock.now() >= othersUntil ? false : store.burnt(key, value)
  }

  return {
    async claim(key, text) {
      const value = bounded(text)
      const nonce = { key, value, expiresAt: clock.now() + keepMs }
      if (unstored.has(key, value)) throw new PosternError('SignatureNonceUsed')
      if (unstored.size >= maxUnstored) {
        throw new PosternError('ServiceUnavailable', {
          values: { why: 'Too many requests are waiting for the store.' },
        })
      }
      // Before anything is awaited: of two at the same moment one is refused.
      unstored.add(nonce)
      let burnt: boolean
      try {
        burnt = await isBurnt(nonce)
      } catch (error) {
        writeBehind(nonce)
        throw error
      }
      if (burnt) {
        unstored.delete(nonce)
        throw new PosternError('SignatureNonceUsed')
      }
      return nonce
    },
    stored: (nonce) => unstored.delete(nonce),
    writeBehind,
    async [Symbol.asyncDispose]() {
      closed = true
      timer?.cancel()
      await flushing
      for (let tries = 0; tries < LAST_TRIES && waiting.size > 0; tries++) await flush()
      if (waiting.size > 0) log.error({ nonces: waiting.size }, 'nonces were not stored before the end')
    },
  }
}

/** By key and value, which need not be joined for it: that would be a text more to keep for each. */
function createUnstored() {
  const byKey = new Map<AccessKeyId, Set<string>>()
  let size = 0
  return {
    get size() {
      return size
    },
    has: (key: AccessKeyId, value: string) => byKey.get(key)?.has(value) === true,
    /** Of one that is not there yet. */
    add({ key, value }: Nonce) {
      const values = byKey.get(key)
      if (values === undefined) byKey.set(key, new Set([value]))
      else values.add(value)
      size++
    },
    delete({ key, value }: Nonce) {
      const values = byKey.get(key)
      if (values?.delete(value) !== true) return
      size--
      if (values.size === 0) byKey.delete(key)
    },
  }
}

function bounded(value: string): string {
  if (value.length > MAX_LITERAL_CHARS) return `sha256:${createHash('sha256').update(value).digest('hex')}`
  return ownText(value)
}
