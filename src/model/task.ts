export const TASK_STATES = ['Queued', 'Running', 'Succeeded', 'Failed', 'Cancelled', 'TimedOut'] as const
export type TaskState = (typeof TASK_STATES)[number]

/** Milliseconds since 1970 by the server's clock. */
export type Instant = number

/** Terminal is final: no move leads out of it. */
export const isTerminal = (state: TaskState) => state !== 'Queued' && state !== 'Running'

/** Of one gateway: more would not be taken before their deadlines anyway. */
export const MAX_WAITING_TASKS = 20_000
export const MAX_ATTEMPTS = 3
/** A claim outlives its session by this, so that a short break of the link costs nothing. */
export const SESSION_LOST_GRACE_MS = 15_000
/** After a restart every stored deadline gets at least this. */
export const RESTART_GRACE_MS = 30_000
export const TASK_RETENTION_MS = 7 * 24 * 3600_000
export const CLIENT_TOKEN_RETENTION_MS = 24 * 3600_000
export const DEADLINE_SECONDS = { min: 1, max: 3600, default: 60 } as const
