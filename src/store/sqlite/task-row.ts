import { outcomeDigest } from '../../model/outcome-digest.ts'
import type { PublicIds } from '../public-id.ts'
import type { Task } from '../task-store.ts'
import { DamagedTaskError } from '../damaged-task-error.ts'
import { taskOfRow } from '../task-row.ts'
import { readOfTask } from './damaged-row.ts'
import { bytes, integer, type Row, text } from '../row.ts'
import { outcomeRowSoundness, taskRowSoundness } from './row-checksum.ts'
import type { Statements } from './statements.ts'

const OUTCOME_MISSING = 'its outcome is missing'

/** A row of the statements `task` and `task_of_account`, without the listing. Throws DamagedTaskError. */
export function taskOf(row: Row, ids: PublicIds): Omit<Task, 'listing'> {
  const id = ids.taskId(integer(row, 'number'))
  if (taskRowSoundness(row) === 'damaged') throw new DamagedTaskError(id, 'the checksum of its row differs')
  return taskOfRow(row, ids)
}

/** A task as the writer reads it, which leaves the text of its outcome to the threads that have a parser. */
export interface ReadTask extends Omit<Task, 'listing'> {
  /** Of one that has succeeded. */
  readonly outcomeText?: string
}

/** An answer of the store with its task as the writer read it. */
export type WithReadTask<T> = T extends { readonly task: Task } ? Omit<T, 'task'> & { readonly task: ReadTask } : T

/** As `taskOf`, with the outcome of one that has succeeded. */
export function taskWithOutcomeOf(row: Row, { sql, ids }: { sql: Statements; ids: PublicIds }): ReadTask {
  const task = taskOf(row, ids)
  if (task.state !== 'Succeeded') return task
  const outcomeRow = outcomeRowOf({ sql, ids }, integer(row, 'number'))
  if (outcomeRow === undefined) throw new DamagedTaskError(task.id, OUTCOME_MISSING)
  return { ...task, outcomeText: text(outcomeRow, 'outcome_text') }
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
  const id = ids.taskId(task)
  const row = outcomeRowOf({ sql, ids }, task)
  if (row === undefined) throw new DamagedTaskError(id, OUTCOME_MISSING)
  const parts = readOfTask(id, () => sql.all('result_parts', { task }).map((part) => bytes(part, 'data')))
  if (outcomeDigest(text(row, 'outcome_text'), parts) === text(row, 'digest')) return parts
  throw new DamagedTaskError(id, 'the digest of its result differs')
}
