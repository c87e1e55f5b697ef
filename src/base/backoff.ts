/** Full jitter: anywhere from 0 to the cap of this try, so that many who lost the same server do not come back together. */
export function backoff(attempt: number, limits: { baseMs: number; capMs: number }, random = Math.random): number {
  const ceiling = Math.min(limits.capMs, limits.baseMs * 2 ** Math.min(attempt, 30))
  return Math.floor(random() * ceiling)
}

/**
 * Milliseconds over which so many come back after they all lost the same server: 333 a second, 45 s at most. A thousand a
 * second kept one core of a server busy with nothing else, and callers waited 13 s.
 */
export function spreadOf(count: number): number {
  return Math.min(45_000, Math.max(200, 3 * count))
}
