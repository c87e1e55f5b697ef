import type { Random } from '../fuzz/random.ts'

/** What one seed is about: how much goes on, and how badly. */
export interface Mix {
  readonly accounts: number
  readonly gatewaysPerAccount: number
  /** Between two tasks, on average. */
  readonly taskEveryMs: number
  /** Between two faults, on average. */
  readonly faultEveryMs: number
  /** From 0 to 1: how many logins and lists go wrong. */
  readonly badness: number
  readonly latency: { readonly minMs: number; readonly maxMs: number }
  readonly commit: { readonly minMs: number; readonly maxMs: number }
  readonly busLost: number
  readonly busLate: number
  /** From 0 to 1: how many answers to callers are lost. */
  readonly answersLost: number
  readonly clockJumps: boolean
  readonly retentionMs: number
  /** Longest delivery and execution deadlines of tasks. */
  readonly deadlineMs: number
  /** Longest time that a list takes where nothing is wrong. */
  readonly listMs: number
}

const LONG_RETENTION_MS = 7 * 24 * 3_600_000

export function mixOf(random: Random): Mix {
  const calm = random.chance(0.25)
  const clockJumps = random.chance(0.4)
  return {
    accounts: 2 + random.below(2),
    gatewaysPerAccount: 1 + random.below(2),
    taskEveryMs: random.pick([200, 400, 800, 1_600, 4_000]),
    faultEveryMs: calm ? 60_000 : random.pick([1_500, 4_000, 12_000, 25_000]),
    badness: random.pick([0.05, 0.2, 0.5]),
    latency: random.pick([
      { minMs: 0, maxMs: 2 },
      { minMs: 5, maxMs: 40 },
      { minMs: 20, maxMs: 400 },
    ]),
    commit: random.pick([
      { minMs: 0, maxMs: 3 },
      { minMs: 1, maxMs: 30 },
      { minMs: 30, maxMs: 200 },
    ]),
    busLost: random.pick([0, 0.05, 0.5, 1]),
    busLate: random.pick([0, 0.1]),
    answersLost: random.pick([0, 0.05, 0.2]),
    clockJumps,
    // Where clocks jump, what is kept for minutes may be gone too early or too late by the true time.
    retentionMs: clockJumps || random.chance(0.5) ? LONG_RETENTION_MS : 60_000 + random.below(120_000),
    deadlineMs: random.pick([5_000, 20_000, 60_000, 240_000, 240_000]),
    listMs: random.pick([200, 200, 200, 20_000, 60_000]),
  }
}
