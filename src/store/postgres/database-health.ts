/** A failure of one moment is no reason to send callers elsewhere; the reaper asks each second. */
const SILENT_MS = 2_000
const PROBLEM = 'The database of the store cannot be reached.'

/** Whether the primary answers, as those see it who ask it anyway. */
export interface DatabaseHealth {
  asked(): void
  /** By a database that takes writes. */
  answered(): void
  /** Undefined while it answers. */
  problem(): string | undefined
}

export function databaseHealth(now = () => performance.now()): DatabaseHealth {
  /** The first question since the last answer. */
  let waitingSince: number | undefined
  return {
    asked() {
      waitingSince ??= now()
    },
    answered() {
      waitingSince = undefined
    },
    problem: () => (waitingSince !== undefined && now() - waitingSince >= SILENT_MS ? PROBLEM : undefined),
  }
}
