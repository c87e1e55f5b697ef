import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { FleetStore, OverSession } from '../store/fleet-store.ts'
import type { SessionEpoch } from '../store/task-store.ts'

/** Ten thousand gateways are ten statements, of which most give no row. */
const LOOK_EVERY_MS = 15_000
/** Of one statement. */
const MAX_SESSIONS = 1_000

/**
 * The floor under lost wakes: looks at the store now and then and tells which of these sessions count no more, because
 * their gateway was deleted or has a newer one, on whichever node that happened.
 */
export function watchSessions(parts: {
  readonly store: Pick<FleetStore, 'over'>
  readonly live: () => Iterable<SessionEpoch>
  readonly onOver: (session: OverSession) => void
  readonly clock: Clock
  readonly log: Log
}): AsyncDisposable {
  const { store, live, onOver, clock, log } = parts
  let looking: Promise<void> | undefined
  const stopped = new AbortController()

  const look = async () => {
    const all = Array.from(live(), ({ gateway, epoch }) => ({ gateway, epoch }))
    for (let from = 0; from < all.length && !stopped.signal.aborted; from += MAX_SESSIONS) {
      const over = await store.over(all.slice(from, from + MAX_SESSIONS))
      for (const session of over) onOver(session)
    }
  }
  const timer = clock.every(LOOK_EVERY_MS, () => {
    // A slow store is not asked by two at a time.
    looking ??= look()
      .catch((error: unknown) => log.warn({ err: error }, 'could not look which sessions are over'))
      .finally(() => {
        looking = undefined
      })
  })
  return {
    async [Symbol.asyncDispose]() {
      stopped.abort()
      timer.cancel()
      await looking
    },
  }
}
