import type { AccountId } from '../../model/ids.ts'
import type { PublicIds } from '../public-id.ts'
import type { ListedTasks, TaskFilter, TaskPosition } from '../task-store.ts'
import { integer } from './row.ts'
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

/** Reads a bounded stretch of one index, whatever the filter. */
export function listTasks(parts: { reader: Statements; ids: PublicIds }, request: ListRequest): ListedTasks {
  const { reader, ids } = parts
  const { account, filter, page } = request
  const limit = Math.max(1, Math.min(page.limit, MAX_PAGE))
  const gateway = filter.gateway === undefined ? undefined : ids.gatewayNumber(filter.gateway)
  const start = startOf(filter, page.after, ids)
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
  const tasks = rows.slice(0, limit).map((row) => taskOf(row, ids))
  const end = tasks.at(-1)
  if (rows.length > limit && end !== undefined) return { tasks, next: { at: end.createdAt, task: end.id } }
  return bound === undefined ? { tasks } : { tasks, next: { at: last.after, task: ids.taskId(last.last) } }
}

/** What is listed lies before it, in the order of time and then of number. */
function startOf({ createdBefore }: TaskFilter, after: TaskPosition | undefined, ids: PublicIds) {
  // Whatever is at the very instant has a number above 0, so it is not listed.
  const before = { at: createdBefore ?? Number.MAX_SAFE_INTEGER, number: 0 }
  if (after === undefined || after.at >= before.at) return before
  return { at: after.at, number: ids.taskNumber(after.task) }
}
