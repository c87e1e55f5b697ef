import { type ListRequest, listPage, positionOf } from '../list-page.ts'
import { taskOfRow } from '../task-row.ts'
import type { ListedTasks } from '../task-store.ts'
import type { Unit } from './unit.ts'

/** Reads a bounded stretch of one index, whatever the filter. */
export async function listTasks({ sql, ids }: Unit, request: ListRequest): Promise<ListedTasks> {
  const { account } = request
  const { limit, gateway, stretch, wanted } = listPage(request, ids)
  const bound =
    gateway === undefined
      ? await sql.get('list_bound_of_account', { ...stretch, account })
      : await sql.get('list_bound_of_gateway', { ...stretch, gateway })
  const rows =
    gateway === undefined
      ? await sql.all('list_of_account', wanted(bound))
      : await sql.all('list_of_gateway', { ...wanted(bound), gateway })
  const tasks = rows.slice(0, limit).map((row) => taskOfRow(row, ids))
  const end = rows.length > limit ? rows[limit - 1] : bound
  return end === undefined ? { tasks } : { tasks, next: positionOf(end, ids) }
}
