import { toAttemptId, toEpoch } from '../model/ids.ts'
import { outcome } from '../model/listing-schemas.ts'
import type { AttemptRecord, Task, TaskDetails } from './task-store.ts'
import { entry, integer, optional, type Row, text } from './row.ts'

const SIGNATURES = ['invalid', 'valid'] as const

/** What the rows of a task's attempts and of the outcome that ended it say beside the task. */
export function detailsOf(task: Task, rows: { outcome: Row | undefined; attempts: readonly Row[] }): TaskDetails {
  const ended = rows.outcome && {
    attempt: toAttemptId(text(rows.outcome, 'attempt')),
    at: integer(rows.outcome, 'received_at'),
  }
  const attempts = rows.attempts.map((row, index): AttemptRecord => {
    const startedAt = integer(row, 'claimed_at')
    const next = rows.attempts[index + 1]
    return {
      number: integer(row, 'number'),
      epoch: toEpoch(integer(row, 'epoch')),
      startedAt,
      ...endOf({ row, next, task, ended }),
      ...entry('late', lateOf(row)),
    }
  })
  if (rows.outcome === undefined) return { task, attempts }
  const verified = optional(rows.outcome, 'verified', integer)
  return {
    task,
    attempts,
    outcome: outcome.parse(JSON.parse(text(rows.outcome, 'outcome_text'))),
    signature: verified === undefined ? 'unchecked' : (SIGNATURES[verified] ?? 'invalid'),
  }
}

/** The store keeps no end of an attempt of its own: it is the outcome, the claim of the next one, or the end of the task. */
function endOf(parts: {
  row: Row
  next: Row | undefined
  task: Task
  ended: { readonly attempt: string; readonly at: number } | undefined
}): Pick<AttemptRecord, 'end' | 'endedAt'> {
  const { row, next, task, ended } = parts
  if (ended?.attempt === text(row, 'id')) return { end: 'finished', endedAt: ended.at }
  if (next !== undefined) return { end: 'superseded', endedAt: integer(next, 'claimed_at') }
  const state = text(row, 'state')
  if (state === 'over') return { end: 'stopped', ...entry('endedAt', task.endedAt) }
  return state === 'lapsed' ? { end: 'lapsed' } : {}
}

function lateOf(row: Row): AttemptRecord['late'] {
  const at = optional(row, 'late_at', integer)
  if (at === undefined) return undefined
  return {
    at,
    bytes: optional(row, 'late_bytes', integer) ?? 0,
    ...entry('count', optional(row, 'late_count', integer)),
  }
}
