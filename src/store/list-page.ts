import type { AccountId } from '../model/ids.ts'
import type { PublicIds } from './public-id.ts'
import { integer, type Row } from './row.ts'
import type { TaskFilter, TaskPosition } from './task-store.ts'

const MAX_PAGE = 100
/** Most tasks of one look: with millions of them and a filter that few fit, a page ends before it is full. */
const MAX_LOOKED_AT = 5_000

export interface ListRequest {
  readonly account: AccountId
  readonly filter: TaskFilter
  readonly page: { readonly limit: number; readonly after?: TaskPosition }
}

/**
 * What a store asks for one page, newest first: by `stretch` for the oldest task that it may look at, the bound, which there
 * is none of where fewer are left; then for what is wanted of the tasks down to it. So it reads a bounded stretch of one
 * index, whatever the filter.
 */
export function listPage({ account, filter, page }: ListRequest, ids: PublicIds) {
  const limit = Math.max(1, Math.min(page.limit, MAX_PAGE))
  const start = startOf(filter, page.after, ids)
  const from = filter.createdFrom ?? 0
  return {
    limit,
    /** Of the tasks of this one alone, by its own index; undefined: all of the account. */
    gateway: filter.gateway === undefined ? undefined : ids.gatewayNumber(filter.gateway),
    stretch: { ...start, after: from, offset: MAX_LOOKED_AT - 1 },
    wanted: (bound: Row | undefined) => ({
      ...start,
      after: bound === undefined ? from : integer(bound, 'created_at'),
      last: bound === undefined ? 0 : integer(bound, 'number'),
      account,
      states: filter.states === undefined ? null : JSON.stringify(filter.states),
      engine: filter.engine ?? null,
      // One more tells whether there is another page.
      limit: limit + 1,
    }),
  }
}

/** Where the next page goes on: behind the task of this row. */
export const positionOf = (row: Row, ids: PublicIds): TaskPosition => ({
  at: integer(row, 'created_at'),
  task: ids.taskId(integer(row, 'number')),
})

/** What is listed lies before it, in the order of time and then of number. */
function startOf({ createdBefore }: TaskFilter, after: TaskPosition | undefined, ids: PublicIds) {
  // Whatever is at the very instant has a number above 0, so it is not listed.
  const before = { at: createdBefore ?? Number.MAX_SAFE_INTEGER, number: 0 }
  if (after === undefined || after.at >= before.at) return before
  return { at: after.at, number: ids.taskNumber(after.task) }
}
