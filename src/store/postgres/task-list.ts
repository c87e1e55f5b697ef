import type { AccountId } from '../../model/ids.ts'
import { listStart } from '../list-start.ts'
import { integer } from '../row.ts'
import { taskOfRow } from '../task-row.ts'
import type { ListedTasks, TaskFilter, TaskPosition } from '../task-store.ts'
import type { Unit } from './unit.ts'

const MAX_PAGE = 100
/** Most tasks of one look: with millions of them and a filter that few fit, a page ends before it is full. */
const MAX_LOOKED_AT = 5_000

/** Reads a bounded stretch of one index, whatever the filter. */
export async function listTasks(
  { sql, ids }: Unit,
  request: {
    readonly account: AccountId
    readonly filter: TaskFilter
    readonly page: { readonly limit: number; readonly after?: TaskPosition }
  },
): Promise<ListedTasks> {
  const { account, filter, page } = request
  const limit = Math.max(1, Math.min(page.limit, MAX_PAGE))
  const gateway = filter.gateway === undefined ? undefined : ids.gatewayNumber(filter.gateway)
  const start = listStart(filter, page.after, ids)
  const from = filter.createdFrom ?? 0

  const stretch = { ...start, after: from, offset: MAX_LOOKED_AT - 1 }
  const bound =
    gateway === undefined
      ? await sql.get('list_bound_of_account', { ...stretch, account })
      : await sql.get('list_bound_of_gateway', { ...stretch, gateway })
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
      ? await sql.all('list_of_account', chosen)
      : await sql.all('list_of_gateway', { ...chosen, gateway })
  const tasks = rows.slice(0, limit).map((row) => taskOfRow(row, ids))
  const end = tasks.at(-1)
  if (rows.length > limit && end !== undefined) return { tasks, next: { at: end.createdAt, task: end.id } }
  return bound === undefined ? { tasks } : { tasks, next: { at: last.after, task: ids.taskId(last.last) } }
}
