import { DATABASE_TYPE_NAMES } from '../../model/database-type.ts'
import { toAccountId, toPrincipalId, toRequestId } from '../../model/ids.ts'
import { type ListingOutcome, outcome, STEP_NAMES } from '../../model/listing.ts'
import { TASK_STATES } from '../../model/task.ts'
import { outcomeDigest } from '../../model/outcome-digest.ts'
import type { PublicIds } from '../public-id.ts'
import type { Task } from '../task-store.ts'
import { DamagedTaskError, readOfTask } from './damaged-row.ts'
import { bytes, entry, integer, oneOf, optional, type Row, text } from './row.ts'
import { outcomeRowSoundness, taskRowSoundness } from './row-checksum.ts'
import type { Statements } from './statements.ts'

/** A row of the statements `task` and `task_of_account`, without the listing. Throws DamagedTaskError. */
export function taskOf(row: Row, ids: PublicIds): Omit<Task, 'listing'> {
  const id = ids.taskId(integer(row, 'number'))
  if (taskRowSoundness(row) === 'damaged') throw new DamagedTaskError(id, 'the checksum of its row differs')
  const code = optional(row, 'failure_code', text)
  const cancelledBy = optional(row, 'cancelled_by', text)
  return {
    id,
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

/** As `taskOf`, with the listing of one that has succeeded. */
export function wholeTaskOf(row: Row, { sql, ids }: { sql: Statements; ids: PublicIds }): Task {
  const task = taskOf(row, ids)
  if (task.state !== 'Succeeded') return task
  const outcomeRow = outcomeRowOf({ sql, ids }, integer(row, 'number'))
  if (outcomeRow === undefined) throw new DamagedTaskError(task.id, 'its outcome is missing')
  return { ...task, listing: listingOf(text(outcomeRow, 'outcome_text')) }
}

/** The row of `outcome_of_task`. Throws DamagedTaskError. */
export function outcomeRowOf({ sql, ids }: { sql: Statements; ids: PublicIds }, task: number): Row | undefined {
  const id = ids.taskId(task)
  const row = readOfTask(id, () => sql.get('outcome_of_task', { task }))
  if (row === undefined || outcomeRowSoundness(row) !== 'damaged') return row
  throw new DamagedTaskError(id, 'the checksum of its outcome differs')
}

/** The databases of a task that has succeeded, as the gateway sent and signed them. Throws DamagedTaskError. */
export function partsOf({ sql, ids }: { sql: Statements; ids: PublicIds }, task: number): readonly Uint8Array[] {
  const row = outcomeRowOf({ sql, ids }, task)
  if (row === undefined) return []
  const id = ids.taskId(task)
  const parts = readOfTask(id, () => sql.all('result_parts', { task }).map((part) => bytes(part, 'data')))
  if (outcomeDigest(text(row, 'outcome_text'), parts) === text(row, 'digest')) return parts
  throw new DamagedTaskError(id, 'the digest of its result differs')
}

/** What a task asks about, from any row that has its three columns. */
export function endpointOf(row: Row): Pick<Task, 'engine' | 'host' | 'port'> {
  return {
    engine: oneOf(row, 'engine', DATABASE_TYPE_NAMES),
    ...entry('host', optional(row, 'host', text)),
    ...entry('port', optional(row, 'port', integer)),
  }
}

/** The text as it was signed; fields that this version does not know are dropped. */
function listingOf(outcomeText: string): ListingOutcome {
  const parsed = outcome.parse(JSON.parse(outcomeText))
  if (parsed.kind !== 'listing') throw new Error('a task has succeeded with an outcome that is no listing')
  return parsed
}
