import type { TaskId } from '../../model/ids.ts'
import { DamagedTaskError } from '../damaged-task-error.ts'

/** SQLite's codes for what cannot be as it was written: a broken page, a row against its constraints, no database. */
const DAMAGED_RESULT_CODES: readonly number[] = [11, 19, 26]

/** Undefined where what `work` met is damaged; whatever else it throws goes on. */
export function unlessDamaged<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof DamagedTaskError || isDamage(error)) return undefined
    throw error
  }
}

/** Makes damage that SQLite finds in the rows of a task an error that names the task. */
export function readOfTask<T>(task: TaskId, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw isDamage(error) ? new DamagedTaskError(task, error) : error
  }
}

function isDamage(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('errcode' in error && typeof error.errcode === 'number')
    return DAMAGED_RESULT_CODES.includes(error.errcode & 0xff)
  // A number that no statement of ours writes.
  return 'code' in error && error.code === 'ERR_OUT_OF_RANGE'
}
