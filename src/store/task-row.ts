import { DATABASE_TYPE_NAMES } from '../model/database-type.ts'
import { toAccountId, toAttemptId, toPrincipalId, toRequestId } from '../model/ids.ts'
import { STEP_NAMES } from '../model/listing.ts'
import { TASK_STATES } from '../model/task.ts'
import type { PublicIds } from './public-id.ts'
import { bytes, entry, integer, oneOf, optional, type Row, text } from './row.ts'
import type { SignedResult, Task } from './task-store.ts'

/** A row with all columns of a task, without the listing. */
export function taskOfRow(row: Row, ids: PublicIds): Omit<Task, 'listing'> {
  const code = optional(row, 'failure_code', text)
  const cancelledBy = optional(row, 'cancelled_by', text)
  return {
    id: ids.taskId(integer(row, 'number')),
    account: toAccountId(text(row, 'account')),
    gateway: ids.gatewayId(integer(row, 'gateway')),
    region: text(row, 'region'),
    ...endpointOf(row),
    state: oneOf(row, 'state', TASK_STATES),
    createdAt: integer(row, 'created_at'),
    createdBy: toPrincipalId(text(row, 'created_by')),
    request: toRequestId(text(row, 'request')),
    deliveryDeadline: integer(row, 'delivery_deadline'),
    executionMs: integer(row, 'execution_ms'),
    attempts: integer(row, 'attempts'),
    ...entry('acceptedAt', optional(row, 'accepted_at', integer)),
    ...entry('executionDeadline', optional(row, 'execution_deadline', integer)),
    ...entry(
      'step',
      optional(row, 'step', (r, column) => oneOf(r, column, STEP_NAMES)),
    ),
    ...entry('endedAt', optional(row, 'ended_at', integer)),
    ...entry('failure', code === undefined ? undefined : { code, message: text(row, 'failure_message') }),
    ...entry('cancelledBy', cancelledBy === undefined ? undefined : toPrincipalId(cancelledBy)),
  }
}

/** What a task asks about, from any row that has its three columns. */
export function endpointOf(row: Row): Pick<Task, 'engine' | 'host' | 'port'> {
  return {
    engine: oneOf(row, 'engine', DATABASE_TYPE_NAMES),
    ...entry('host', optional(row, 'host', text)),
    ...entry('port', optional(row, 'port', integer)),
  }
}

/** A row of an outcome with what its task, its attempt and the key say of it. */
export function signedResultOf(row: Row, ids: PublicIds): SignedResult {
  return {
    task: ids.taskId(integer(row, 'task')),
    attempt: toAttemptId(text(row, 'attempt')),
    gateway: ids.gatewayId(integer(row, 'gateway')),
    ...endpointOf(row),
    nonce: text(row, 'nonce'),
    digest: text(row, 'digest'),
    signature: text(row, 'signature'),
    ...entry('publicKey', optional(row, 'public_key', bytes)),
  }
}
