import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Turns } from '../base/turns.ts'

/** Connections that have not proven who they are yet, more than one address may open; more are turned away. */
const MAX_UNPROVEN = 2_000
/** While the server itself is slow. All of them at once would be slower than the deadline of each, and none would get through. */
const MAX_UNPROVEN_WHEN_SLOW = 200
/** From the proof to the welcome; well below the 10 s that a gateway waits. */
const SLOW_MS = 1_000
const SLOW_FOR_MS = 2_000
/** Thousands that fail at a time must not keep the server busy with telling of it. */
const LOG_EVERY_MS = 1_000

/** The parts of one that take the server long. */
type HandshakePart = 'upgrade' | 'proof'

/** The handshakes of a listener that run now. */
export interface Handshakes {
  /** One more has to be turned away: it comes back after a wait of its own. */
  readonly full: boolean
  /** Undefined where it failed; that is said in the log, once a second at most. */
  run<T>(address: string, handshake: () => Promise<T>): Promise<T | undefined>
  /**
   * Resolves when that part of one may be worked on: of each part one in a round of the event loop, in the order of their
   * coming. However many come at a time, callers of the API are answered in between.
   */
  turn(part: HandshakePart): Promise<void>
  /** How long the server took for its own part of one. */
  answered(ms: number): void
}

/** `turns` gives a turn to each that waits. */
export function createHandshakes(parts: {
  readonly clock: Clock
  readonly log: Log
  readonly turns: () => Turns
}): Handshakes {
  const { clock, log, turns } = parts
  // Apart: what has begun does not wait behind all that begin.
  const waits: Readonly<Record<HandshakePart, Turns>> = { upgrade: turns(), proof: turns() }
  let unproven = 0
  let slowUntil = Number.NEGATIVE_INFINITY
  let loggedAt = Number.NEGATIVE_INFINITY
  let unsaid = 0

  const tell = (error: unknown, address: string) => {
    if (clock.now() - loggedAt < LOG_EVERY_MS) {
      unsaid++
      return
    }
    loggedAt = clock.now()
    const reason = error instanceof Error ? error.message : String(error)
    log.info({ reason, address, ...(unsaid > 0 && { othersBefore: unsaid }) }, 'a gateway could not connect')
    unsaid = 0
  }

  return {
    get full() {
      return unproven >= (clock.now() < slowUntil ? MAX_UNPROVEN_WHEN_SLOW : MAX_UNPROVEN)
    },
    async run(address, handshake) {
      unproven++
      try {
        return await handshake()
      } catch (error) {
        tell(error, address)
        return undefined
      } finally {
        unproven--
      }
    },
    async turn(part) {
      unproven++
      await waits[part]()
      unproven--
    },
    answered(ms) {
      if (ms > SLOW_MS) slowUntil = clock.now() + SLOW_FOR_MS
    },
  }
}
