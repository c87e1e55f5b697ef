/** Full jitter: anywhere from 0 to the cap of this try, so that many who lost the same server do not come back together. */
export function backoff(attempt: number, limits: { baseMs: number; capMs: number }, random = Math.random): number {
  const ceiling = Math.min(limits.capMs, limits.baseMs * 2 ** Math.min(attempt, 30))
  return Math.floor(random() * ceiling)
}

/** Milliseconds over which so many come back after they all lost the same server: a thousand a second, half a minute at most. */
export function spreadOf(count: number): number {
  return Math.min(30_000, Math.max(200, count))
}
