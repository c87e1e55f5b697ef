import type { Clock } from '../base/clock.ts'
import type { GatewayId } from '../model/ids.ts'
import { ONLINE_WITHIN_MS } from '../model/gateway.ts'
import type { LinkQuality } from './presence.ts'

export const HISTORY_MINUTES = 60
const MINUTE_MS = 60_000
/** Of those that were seen in the last hour; of more than these nothing is kept. */
const MAX_GATEWAYS = 20_000
/** Numbers are packed: a minute is 4 bytes of round trip, 4 of drift, 2 of time, 2 of tasks and 1 that counts pings. */
const RTT = 0
const DRIFT = 4
const ONLINE = 8
const RUNNING = 10
const PINGS = 12
const MINUTE_BYTES = 13
const BYTES = HISTORY_MINUTES * MINUTE_BYTES
const MAX_U16 = 65_535
const MAX_U8 = 255
/** Records of one buffer: a buffer of its own for each gateway would weigh as much again. */
const SLAB = 256

/** One minute of the connection of a gateway to this node. */
export interface HistoryMinute {
  /** Milliseconds since 1970. */
  readonly start: number
  /** How long it was connected, with a round trip not older than 45 s. */
  readonly onlineMs: number
  /** Mean of its pings; undefined where there was none. */
  readonly rttMs?: number
  /** At its last ping. */
  readonly driftMs?: number
  /** The most attempts that it had at one of its pings; undefined where there was none. */
  readonly running?: number
}

/** The last hour of the gateways on this node, in memory: at most 1 KB a gateway. */
export interface GatewayHistory {
  /** A round trip ended now, while it ran so many attempts. */
  seen(gateway: GatewayId, quality: LinkQuality & { readonly running: number }): void
  /** Its connection ended. */
  gone(gateway: GatewayId): void
  /** Oldest first, the last one is the minute that runs; `since` is when it was first seen here, as far as it is known. */
  of(gateway: GatewayId): { readonly since: number | undefined; readonly minutes: readonly HistoryMinute[] }
}

interface Known {
  readonly slot: number
  readonly since: number
  /** Of its last round trip; the time up to there is counted. */
  at: number
  connected: boolean
  /** The newest minute that has a place; older ones are behind it in the ring. */
  minute: number
}

export function createGatewayHistory(clock: Pick<Clock, 'now'>): GatewayHistory {
  const known = new Map<GatewayId, Known>()
  const slabs: DataView[] = []
  const free: number[] = []
  let cleanedAt = 0

  const viewOf = (slot: number): { readonly view: DataView; readonly base: number } => {
    const number = Math.floor(slot / SLAB)
    const view = (slabs[number] ??= new DataView(new ArrayBuffer(SLAB * BYTES)))
    return { view, base: (slot % SLAB) * BYTES }
  }

  /** The ring goes on to this minute; what it passes is empty. */
  const advance = (entry: Known, minute: number): void => {
    const { view, base } = viewOf(entry.slot)
    const from = Math.max(entry.minute + 1, minute - HISTORY_MINUTES + 1)
    for (let each = from; each <= minute; each++) {
      const place = placeOf(base, each)
      for (let byte = 0; byte < MINUTE_BYTES; byte++) view.setUint8(place + byte, 0)
    }
    entry.minute = Math.max(entry.minute, minute)
  }
  const addOnline = (entry: Known, from: number, to: number): void => {
    advance(entry, Math.floor(to / MINUTE_MS))
    const { view, base } = viewOf(entry.slot)
    for (const [minute, ms] of spread(from, to)) {
      if (minute <= entry.minute - HISTORY_MINUTES) continue
      const place = placeOf(base, minute) + ONLINE
      view.setUint16(place, Math.min(MINUTE_MS, view.getUint16(place) + ms))
    }
  }
  /** It counted as online until then, or still does. */
  const onlineUntil = (entry: Known, now: number) =>
    entry.connected ? Math.min(now, entry.at + ONLINE_WITHIN_MS) : entry.at

  /** Those that did not count as online for an hour. */
  const forget = (now: number): void => {
    for (const [gateway, { at, slot }] of known) {
      if (at + ONLINE_WITHIN_MS > now - HISTORY_MINUTES * MINUTE_MS) continue
      known.delete(gateway)
      free.push(slot)
    }
  }

  return {
    seen(gateway, { rttMs, driftMs, running }) {
      const at = clock.now()
      const minute = Math.floor(at / MINUTE_MS)
      if (minute !== cleanedAt) forget(at)
      cleanedAt = minute
      let entry = known.get(gateway)
      if (entry === undefined) {
        if (known.size >= MAX_GATEWAYS) return
        entry = { slot: free.pop() ?? known.size, since: at, at, connected: true, minute: minute - HISTORY_MINUTES }
        known.set(gateway, entry)
      }
      addOnline(entry, entry.at, onlineUntil(entry, at))
      advance(entry, minute)
      entry.at = at
      entry.connected = true
      const { view, base } = viewOf(entry.slot)
      const place = placeOf(base, minute)
      // Before its first ping a connection is seen too.
      if (rttMs !== undefined) {
        const pings = Math.min(MAX_U8, view.getUint8(place + PINGS) + 1)
        view.setUint8(place + PINGS, pings)
        const mean = view.getFloat32(place + RTT)
        view.setFloat32(place + RTT, mean + (rttMs - mean) / pings)
      }
      if (driftMs !== undefined) view.setFloat32(place + DRIFT, driftMs)
      view.setUint16(place + RUNNING, Math.min(MAX_U16, Math.max(running, view.getUint16(place + RUNNING))))
    },
    gone(gateway) {
      const entry = known.get(gateway)
      if (entry === undefined || !entry.connected) return
      const until = onlineUntil(entry, clock.now())
      addOnline(entry, entry.at, until)
      entry.at = until
      entry.connected = false
    },
    of(gateway) {
      const now = clock.now()
      const entry = known.get(gateway)
      const last = Math.floor(now / MINUTE_MS)
      const pending = entry && new Map(spread(entry.at, onlineUntil(entry, now)))
      const minutes = Array.from({ length: HISTORY_MINUTES }, (_, index): HistoryMinute => {
        const minute = last - HISTORY_MINUTES + 1 + index
        const start = minute * MINUTE_MS
        const more = pending?.get(minute) ?? 0
        if (entry === undefined || minute > entry.minute || minute <= entry.minute - HISTORY_MINUTES)
          return { start, onlineMs: more }
        const { view, base } = viewOf(entry.slot)
        const place = placeOf(base, minute)
        const onlineMs = Math.min(MINUTE_MS, view.getUint16(place + ONLINE) + more)
        if (view.getUint8(place + PINGS) === 0) return { start, onlineMs }
        return {
          start,
          onlineMs,
          rttMs: view.getFloat32(place + RTT),
          driftMs: view.getFloat32(place + DRIFT),
          running: view.getUint16(place + RUNNING),
        }
      })
      return { since: entry?.since, minutes }
    },
  }
}

const placeOf = (base: number, minute: number) => base + (minute % HISTORY_MINUTES) * MINUTE_BYTES

/** A time, cut at the minutes. */
function* spread(from: number, to: number): Generator<[minute: number, ms: number]> {
  for (let at = from; at < to; ) {
    const minute = Math.floor(at / MINUTE_MS)
    const end = Math.min(to, (minute + 1) * MINUTE_MS)
    yield [minute, end - at]
    at = end
  }
}
