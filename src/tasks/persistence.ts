import { type Clock, sleep } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { PosternError } from '../model/errors.ts'

/** Of a write that fails although the store is there. */
const MAX_TRIES = 5
/** A store that is only away for a while is tried for longer: its database may fail over, and gateways stay meanwhile. */
const AWAY_MS = 30_000
const MAX_PAUSE_MS = 1_000
/** Of what is tried for as long as it takes, after `AWAY_MS`. */
const LONG_PAUSE_MS = 10_000

/** Writes again and again where that may help; false: it was in vain, or the signal has aborted. Never rejects. */
export type Persist = (
  wanted: {
    /** For the log, what could not be done. */
    readonly what: string
    readonly about: object
    /** How long a store that is away is waited for: 30 s unless given. */
    readonly awayMs?: number
  },
  write: () => Promise<void>,
) => Promise<boolean>

export function persistence(parts: {
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}): Persist {
  const { clock, log, signal } = parts
  return async ({ what, about, awayMs = AWAY_MS }, write) => {
    const began = clock.now()
    for (let tries = 1; ; tries++) {
      try {
        await write()
        return true
      } catch (error) {
        log.warn({ err: error, ...about }, what)
        const isAway = error instanceof PosternError && error.entry === 'ServiceUnavailable'
        const sinceMs = clock.now() - began
        const inVain = isAway ? sinceMs >= awayMs : tries >= MAX_TRIES
        if (inVain || signal.aborted) return false
        await sleep(clock, Math.min(200 * tries, sinceMs >= AWAY_MS ? LONG_PAUSE_MS : MAX_PAUSE_MS), signal)
      }
    }
  }
}
