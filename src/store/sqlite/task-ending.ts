import type { PrincipalId } from '../../model/ids.ts'
import { type Instant, MAX_ATTEMPTS, type TaskState } from '../../model/task.ts'
import { integer, optional, type Row } from '../row.ts'
import { readOfTask, unlessDamaged } from './damaged-row.ts'
import { lostTooOften } from '../task-failures.ts'
import { type ReadTask, taskOf, taskWithOutcomeOf } from './task-row.ts'
import type { Unit } from './unit.ts'

export interface Ending {
  readonly task: number
  readonly state: Exclude<TaskState, 'Queued' | 'Running'>
  readonly failure?: { readonly code: string; readonly message: string }
  readonly cancelledBy?: PrincipalId
  /** Where nobody stored before that an attempt had started. */
  readonly acceptedAt?: Instant
}

/** False, and nothing changes, where the task has ended already. Its attempt is over too, so that its place is free. */
export function endTask({ sql, now }: Unit, ending: Ending): boolean {
  const { task, state, failure, cancelledBy, acceptedAt } = ending
  const ended = sql.run('end_task', {
    task,
    state,
    now,
    code: failure?.code ?? null,
    message: failure?.message ?? null,
    cancelled_by: cancelledBy ?? null,
    accepted_at: acceptedAt ?? null,
  })
  if (ended === 0) return false
  sql.run('supersede_attempts', { task })
  return true
}

/**
 * The claim of an attempt has ended without an outcome: another attempt may start, or the task fails after the last one.
 * Until that other attempt is claimed, an outcome of this one is still welcome. True: the task has ended.
 */
export function loseAttempt(unit: Unit, attempt: { readonly task: number; readonly number: number }): boolean {
  const { sql } = unit
  const { task, number } = attempt
  if (sql.run('lapse_attempt', { task, number }) === 0) return false
  if (number < MAX_ATTEMPTS) {
    sql.run('release_task', { task })
    return false
  }
  const gateway = sql.get('last_seen_of_task', { task })
  const seen = gateway && optional(gateway, 'last_seen_at', integer)
  return endTask(unit, { task, state: 'Failed', failure: lostTooOften(seen) })
}

/** Throws DamagedTaskError. */
export const readTask = (unit: Unit, task: number): ReadTask => taskWithOutcomeOf(rowOf(unit, task), unit)

/** Without its outcome. Throws DamagedTaskError. */
export const readTaskRow = (unit: Unit, task: number): ReadTask => taskOf(rowOf(unit, task), unit.ids)

function rowOf({ sql, ids }: Unit, task: number): Row {
  const row = readOfTask(ids.taskId(task), () => sql.get('task', { task }))
  if (row === undefined) throw new Error('a task that was there is gone')
  return row
}

/** Without those that are damaged: whoever asks for them is told so, and the others go on. */
export const readSound = (unit: Unit, tasks: readonly number[]): readonly ReadTask[] =>
  tasks.flatMap((task) => unlessDamaged(() => readTask(unit, task)) ?? [])
