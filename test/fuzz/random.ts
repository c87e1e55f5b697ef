/** The same numbers for the same seed, on every machine. Not for secrets. */
export interface Random {
  /** From 0 to below `limit`. */
  below(limit: number): number
  chance(probability: number): boolean
  pick<T>(from: readonly [T, ...T[]]): T
  hex(digits: number): string
}

export function createRandom(...seeds: readonly number[]): Random {
  let state = 0x9e3779b9
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  for (const seed of seeds) state = (next() ^ Math.imul(seed + 1, 0x85ebca6b)) | 0
  const below = (limit: number) => Math.floor((next() / 2 ** 32) * limit)
  return {
    below,
    chance: (probability) => next() / 2 ** 32 < probability,
    pick: (from) => from[below(from.length)] ?? from[0],
    hex: (digits) => Array.from({ length: digits }, () => below(16).toString(16)).join(''),
  }
}
