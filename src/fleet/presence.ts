import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { GatewayId } from '../model/ids.ts'
import type { Instant } from '../model/task.ts'
import type { FleetStore } from '../store/fleet-store.ts'

const FLUSH_MS = 10_000
/** Of one write: others get their turn in the store between the writes of ten thousand gateways. */
const MAX_BATCH = 500

/** What a gateway's own pings tell about its link. */
export interface LinkQuality {
  readonly rttMs?: number
  /** The gateway's wall clock minus the server's, half a round trip taken off. */
  readonly driftMs?: number
}

/** Newest round trips of the gateways on this node. Lives in memory, reaches the store in batches. */
export interface Presence extends AsyncDisposable {
  seen(gateway: GatewayId, quality: LinkQuality): void
  lastSeen(gateway: GatewayId): Instant | undefined
  quality(gateway: GatewayId): LinkQuality | undefined
  gone(gateway: GatewayId): void
}

export function createPresence(parts: {
  store: FleetStore
  clock: Clock
  log: Log
  /** Told of the same; never throws. */
  onSeen?: Presence['seen']
  onGone?: Presence['gone']
}): Presence {
  const { store, clock, log, onSeen, onGone } = parts
  const seen = new Map<GatewayId, { at: Instant; quality: LinkQuality }>()
  const unsaved = new Set<GatewayId>()
  /** Their sessions have ended; remembered until the store has the moment. */
  const left = new Set<GatewayId>()
  let flushing: Promise<void> | undefined

  const saveAll = async () => {
    const all = [...unsaved]
    for (let from = 0; from < all.length; from += MAX_BATCH) {
      const batch = all.slice(from, from + MAX_BATCH).flatMap((gateway) => {
        const at = seen.get(gateway)?.at
        return at === undefined ? [] : [{ gateway, at }]
      })
      for (const { gateway } of batch) unsaved.delete(gateway)
      try {
        await store.heartbeats(batch)
      } catch (error) {
        // Tried again with the next round: presence in memory is still right.
        for (const { gateway } of batch) unsaved.add(gateway)
        log.warn({ err: error, gateways: all.length - from }, 'heartbeats could not be stored')
        return
      }
    }
    for (const gateway of left) {
      if (unsaved.has(gateway)) continue
      left.delete(gateway)
      seen.delete(gateway)
    }
  }
  const flush = () => {
    flushing ??= saveAll().finally(() => {
      flushing = undefined
    })
    return flushing
  }
  const timer = clock.every(FLUSH_MS, () => void flush())

  return {
    seen(gateway, quality) {
      left.delete(gateway)
      seen.set(gateway, { at: clock.now(), quality })
      unsaved.add(gateway)
      onSeen?.(gateway, quality)
    },
    lastSeen: (gateway) => seen.get(gateway)?.at,
    quality: (gateway) => seen.get(gateway)?.quality,
    gone(gateway) {
      // The moment it was last seen has to outlive the session: it is what the status and the messages say.
      left.add(gateway)
      onGone?.(gateway)
      void flush()
    },
    async [Symbol.asyncDispose]() {
      timer.cancel()
      await flushing
      await flush()
    },
  }
}
