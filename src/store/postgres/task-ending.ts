import type { PrincipalId } from '../../model/ids.ts'
import { type Instant, MAX_ATTEMPTS, type TaskState } from '../../model/task.ts'
import { integer, optional, type Row, text } from '../row.ts'
import { lostTooOften, type TaskFailure } from '../task-failures.ts'
import { listingOf } from '../listing-of.ts'
import { taskOfRow } from '../task-row.ts'
import type { Task } from '../task-store.ts'
import type { PublicIds } from '../public-id.ts'
import { jsonRows, numbers } from './statements.ts'
import type { Unit } from './unit.ts'

export interface Ending {
  readonly task: number
  readonly state: Exclude<TaskState, 'Queued' | 'Running'>
  readonly failure: TaskFailure
  readonly cancelledBy?: PrincipalId
}

/** Those that ended by it: one that has ended already stays as it is. The tasks are locked by the caller. */
export async function endTasks({ sql, now, floor }: Unit, endings: readonly Ending[]): Promise<readonly number[]> {
  if (endings.length === 0) return []
  const rows = endings.map(({ task, state, failure, cancelledBy }) => ({
    task,
    state,
    code: failure.code,
    message: failure.message,
    cancelled_by: cancelledBy ?? null,
  }))
  const least = Math.min(floor, ...endings.map(({ task }) => task))
  const ended = await sql.all('end_tasks', { rows: jsonRows(rows), now, floor: least })
  return ended.map((row) => integer(row, 'number'))
}

/**
 * The claims of these attempts have ended without an outcome: others may start, or the tasks fail after the last one.
 * Until another is claimed, an outcome of these is still welcome. The tasks that ended; all are locked by the caller.
 * `expired`: only those whose claim had ended by then; null: all of them.
 */
export async function loseAttempts(
  unit: Unit,
  attempts: readonly { readonly task: number; readonly number: number }[],
  expired: Instant | null,
): Promise<readonly number[]> {
  const { sql, floor } = unit
  if (attempts.length === 0) return []
  const lapsed = (await sql.all('lapse_attempts', { rows: jsonRows(attempts), floor, expired })).map((row) => ({
    task: integer(row, 'task'),
    number: integer(row, 'number'),
  }))
  const again = lapsed.filter(({ number }) => number < MAX_ATTEMPTS).map(({ task }) => task)
  if (again.length > 0) await sql.run('release_tasks', { numbers: numbers(again) })
  const lost = lapsed.filter(({ number }) => number >= MAX_ATTEMPTS).map(({ task }) => task)
  if (lost.length === 0) return []
  const seen = await sql.all('last_seen_of_tasks', { numbers: numbers(lost) })
  const lastSeen = new Map(seen.map((row) => [integer(row, 'number'), optional(row, 'last_seen_at', integer)]))
  const endings = lost.map((task): Ending => ({ task, state: 'Failed', failure: lostTooOften(lastSeen.get(task)) }))
  return endTasks(unit, endings)
}

/** In the order of their numbers. */
export async function readTasks(
  { sql, ids }: Pick<Unit, 'sql' | 'ids'>,
  tasks: Iterable<number>,
): Promise<readonly Task[]> {
  const wanted = numbers(tasks)
  if (wanted === '{}') return []
  return (await sql.all('tasks', { numbers: wanted })).map((row) => wholeTaskOf(row, ids))
}

/** A row of `tasks` or `task_of_account`: with the listing of one that has succeeded. */
export function wholeTaskOf(row: Row, ids: PublicIds): Task {
  const task = taskOfRow(row, ids)
  return task.state === 'Succeeded' ? { ...task, listing: listingOf(text(row, 'outcome_text')) } : task
}
