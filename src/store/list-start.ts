import type { PublicIds } from './public-id.ts'
import type { TaskFilter, TaskPosition } from './task-store.ts'

/** What is listed lies before it, in the order of time and then of number. */
export function listStart({ createdBefore }: TaskFilter, after: TaskPosition | undefined, ids: PublicIds) {
  // Whatever is at the very instant has a number above 0, so it is not listed.
  const before = { at: createdBefore ?? Number.MAX_SAFE_INTEGER, number: 0 }
  if (after === undefined || after.at >= before.at) return before
  return { at: after.at, number: ids.taskNumber(after.task) }
}
