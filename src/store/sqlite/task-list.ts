import type { Log } from '../../base/log.ts'
import type { AccountId } from '../../model/ids.ts'
import type { PublicIds } from '../public-id.ts'
import type { ListedTasks, TaskFilter, TaskPosition } from '../task-store.ts'
import { DamagedTaskError } from '../damaged-task-error.ts'
import { listStart } from '../list-start.ts'
import { readOfTask } from './damaged-row.ts'
import { integer } from '../row.ts'
import type { Statements } from './statements.ts'
import { taskOf } from './task-row.ts'

const MAX_PAGE = 100
/** Most tasks of one look: with millions of them and a filter that few fit, a page ends before it is full. */
const MAX_LOOKED_AT = 5_000

export interface ListRequest {
  readonly account: AccountId
  readonly filter: TaskFilter
  readonly page: { readonly limit: number; readonly after?: TaskPosition }
}

/** Reads a bounded stretch of one index, whatever the filter. A damaged task is left out, and is in the log. */
export function listTasks(parts: { reader: Statements; ids: PublicIds; log: Log }, request: ListRequest): ListedTasks {
  const { reader, ids, log } = parts
  const { account, filter, page } = request
  const limit = Math.max(1, Math.min(page.limit, MAX_PAGE))
  const gateway = filter.gateway === undefined ? undefined : ids.gatewayNumber(filter.gateway)
  const start = listStart(filter, page.after, ids)
  const from = filter.createdFrom ?? 0

  const stretch = { ...start, after: from, offset: MAX_LOOKED_AT - 1 }
  const bound =
    gateway === undefined
      ? reader.get('list_bound_of_account', { ...stretch, account })
      : reader.get('list_bound_of_gateway', { ...stretch, gateway })
  const last =
    bound === undefined
      ? { after: from, last: 0 }
      : { after: integer(bound, 'created_at'), last: integer(bound, 'number') }

  const chosen = {
    ...start,
    ...last,
    account,
    states: filter.states === undefined ? null : JSON.stringify(filter.states),
    engine: filter.engine ?? null,
    // One more tells whether there is another page.
    limit: limit + 1,
  }
  const rows =
    gateway === undefined
      ? reader.all('list_of_account', chosen)
      : reader.all('list_of_gateway', { ...chosen, gateway })
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
  const end = rows[limit - 1]
  if (rows.length > limit && end !== undefined) {
    return { tasks, next: { at: integer(end, 'created_at'), task: ids.taskId(integer(end, 'number')) } }
  }
  return bound === undefined ? { tasks } : { tasks, next: { at: last.after, task: ids.taskId(last.last) } }
}
