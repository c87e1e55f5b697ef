import type { Log } from '../../base/log.ts'
import type { PublicIds } from '../public-id.ts'
import type { ListedTasks } from '../task-store.ts'
import { DamagedTaskError } from '../damaged-task-error.ts'
import { type ListRequest, listPage, positionOf } from '../list-page.ts'
import { readOfTask } from './damaged-row.ts'
import { integer } from '../row.ts'
import type { Statements } from './statements.ts'
import { taskOf } from './task-row.ts'

/** Reads a bounded stretch of one index, whatever the filter. A damaged task is left out, and is in the log. */
export function listTasks(parts: { reader: Statements; ids: PublicIds; log: Log }, request: ListRequest): ListedTasks {
  const { reader, ids, log } = parts
  const { account } = request
  const { limit, gateway, stretch, wanted } = listPage(request, ids)
  const bound =
    gateway === undefined
      ? reader.get('list_bound_of_account', { ...stretch, account })
      : reader.get('list_bound_of_gateway', { ...stretch, gateway })
  const rows =
    gateway === undefined
      ? reader.all('list_of_account', wanted(bound))
      : reader.all('list_of_gateway', { ...wanted(bound), gateway })
  const read = (number: number): ListedTasks['tasks'] => {
    try {
      // Each by itself: an index that is damaged leads to no other account's task, and a row to no other's error.
      const row = readOfTask(ids.taskId(number), () => reader.get('task_of_account', { task: number, account }))
      return row === undefined ? [] : [taskOf(row, ids)]
    } catch (error) {
      if (!(error instanceof DamagedTaskError)) throw error
      log.error({ err: error.cause, task: ids.taskId(number) }, 'a damaged task was left out of a list')
      return []
    }
  }
  const tasks = rows.slice(0, limit).flatMap((row) => read(integer(row, 'number')))
  const end = rows.length > limit ? rows[limit - 1] : bound
  return end === undefined ? { tasks } : { tasks, next: positionOf(end, ids) }
}
