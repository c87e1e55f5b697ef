import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { addressGroup } from '../model/host.ts'

/** Connections that have not proven who they are yet, where the server is quick; more are turned away. */
const MAX_UNPROVEN = 4_000
/**
 * At the start, and as far as it goes down where the server is slow. When thousands come at a time, all of them at once
 * would be slower than the deadline of each, and none would get through.
 */
const MIN_UNPROVEN = 1_600
/** From the hello to the welcome; well below the 10 s that a gateway waits for each answer. */
const SLOW_MS = 3_000
/** Thousands that fail at a time must not keep the server busy with telling of it. */
const LOG_EVERY_MS = 1_000

/** The handshakes of a listener that run now. */
export interface Handshakes {
  /** One more from there has to be turned away: it comes back after a wait of its own. No address takes more than half. */
  isFull(address: string): boolean
  /** Undefined where it failed; that is said in the log, once a second at most. */
  run<T>(address: string, handshake: () => Promise<T>): Promise<T | undefined>
  /** How long one took that succeeded. */
  took(ms: number): void
}

export function createHandshakes({ clock, log }: { clock: Clock; log: Log }): Handshakes {
  let unproven = 0
  const byAddress = new Map<string, number>()
  let most = MIN_UNPROVEN
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
    isFull: (address) => unproven >= most || (byAddress.get(groupOf(address)) ?? 0) >= most / 2,
    async run(address, handshake) {
      const group = groupOf(address)
      unproven++
      byAddress.set(group, (byAddress.get(group) ?? 0) + 1)
      try {
        return await handshake()
      } catch (error) {
        tell(error, address)
        return undefined
      } finally {
        unproven--
        const left = (byAddress.get(group) ?? 1) - 1
        if (left === 0) byAddress.delete(group)
        else byAddress.set(group, left)
      }
    },
    took(ms) {
      most = ms > SLOW_MS ? Math.max(MIN_UNPROVEN, most - 1) : Math.min(MAX_UNPROVEN, most + 1)
    },
  }
}

const groupOf = (address: string) => (address === '' ? '' : addressGroup(address))
