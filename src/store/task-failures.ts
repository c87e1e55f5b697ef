import { type DiscoveryErrorCode, ERRORS } from '../model/errors.ts'
import { type Instant, MAX_ATTEMPTS } from '../model/task.ts'

/** What a task that did not succeed says of itself. */
export interface TaskFailure {
  readonly code: string
  readonly message: string
}

/** The message of the table, and what is particular to this task. */
export const failure = (code: DiscoveryErrorCode, detail: string): TaskFailure => ({
  code,
  message: `${ERRORS[code].message} ${detail}`,
})

const lastSeen = (at: Instant | undefined) => `it was last seen ${isoTime(at)}`

const isoTime = (at: Instant | undefined) => (at === undefined ? 'never' : new Date(at).toISOString())

export const lostTooOften = (lastSeenAt: Instant | undefined) =>
  failure('BackupGateway.Offline', `It lost the task ${MAX_ATTEMPTS} times; ${lastSeen(lastSeenAt)}.`)

export function timedOut(step: string | undefined): TaskFailure {
  const where = step === undefined ? 'No step of it is known.' : `Its last known step is ${step}.`
  return failure('Task.ExecutionTimedOut', where)
}

export function undelivered(gateway: {
  readonly connected: boolean
  /** It was given the task. */
  readonly claimed: boolean
  readonly lastSeenAt: Instant | undefined
}): TaskFailure {
  const { connected, claimed } = gateway
  const seen = lastSeen(gateway.lastSeenAt)
  const busy =
    'It is connected and had no place free for the task before the delivery deadline: its limits were reached.'
  const offline = claimed
    ? `It was given the task and did not confirm it before the delivery deadline; ${seen}.`
    : `Nothing took the task before the delivery deadline; ${seen}.`
  return connected && !claimed ? failure('BackupGateway.Busy', busy) : failure('BackupGateway.Offline', offline)
}
