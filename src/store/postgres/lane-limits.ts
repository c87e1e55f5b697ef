import { setImmediate } from 'node:timers/promises'
import type { BatchOptions } from '../../base/batch.ts'
import type { Clock } from '../../base/clock.ts'
import { PosternError } from '../../model/errors.ts'

const MAX_PENDING = 20_000
/** Whoever waits longer for a slow database has a caller who is about to give up; nothing of it was written. */
const MAX_WAIT_MS = 5_000
const RETRY_AFTER_MS = 1_000
/** Microseconds where nothing else is to be done; where much is, what the callers of this moment ask for shares a message. */
const ROUNDS = 6

/** How many writes wait for their batch, how long by the clock of this process, and that a batch waits for some rounds of the event loop. */
export const laneLimits = (
  clock: Clock,
): Required<Pick<BatchOptions<never, never>, 'maxPending' | 'full' | 'patience' | 'turn'>> => ({
  turn: eventLoopRounds,
  maxPending: MAX_PENDING,
  full: () => unavailable('More writes wait than the store takes.'),
  patience: {
    clock,
    maxWaitMs: MAX_WAIT_MS,
    late: () => unavailable('The database of the store cannot be reached or is too slow at the moment.'),
  },
})

async function eventLoopRounds(): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) await setImmediate()
}

const unavailable = (why: string) =>
  new PosternError('ServiceUnavailable', { values: { why }, retryAfterMs: RETRY_AFTER_MS })
