import { listingOf } from '../listing-of.ts'
import type { PublicIds } from '../public-id.ts'
import type { Row } from '../row.ts'
import type { Task } from '../task-store.ts'
import type { Statements } from './statements.ts'
import { type ReadTask, taskWithOutcomeOf } from './task-row.ts'

/** With the listing of one that has succeeded. Throws DamagedTaskError. */
export const wholeTaskOf = (row: Row, parts: { sql: Statements; ids: PublicIds }): Task =>
  withListing(taskWithOutcomeOf(row, parts))

export function withListing({ outcomeText, ...task }: ReadTask): Task {
  return outcomeText === undefined ? task : { ...task, listing: listingOf(outcomeText) }
}
