import { TASK_STATES, type TaskState } from '../model/task.ts'
import { integer, oneOf, optional, type Row, text } from './row.ts'

/** Tasks that ended alike. */
export interface EndingCount {
  readonly state: TaskState
  /** Of the failure; undefined where it is none. */
  readonly code?: string
  /** From creation to end, milliseconds, cut to three digits. */
  readonly ms: number
  readonly count: number
}

/** Rows of the statement `endings_of_account`. */
export const endingsOf = (rows: readonly Row[]): readonly EndingCount[] =>
  rows.map((row) => {
    const code = optional(row, 'failure_code', text)
    return {
      state: oneOf(row, 'state', TASK_STATES),
      ...(code !== undefined && { code }),
      ms: integer(row, 'ms'),
      count: integer(row, 'total'),
    }
  })
