import type { Instant } from '../../model/task.ts'
import type { PublicIds } from '../public-id.ts'
import type { Statements } from './statements.ts'

/** What a unit works with inside one transaction. */
export interface Unit {
  readonly sql: Statements
  readonly ids: PublicIds
  /** When the transaction began, by the clock of the database. */
  readonly now: Instant
  /** Every task with a smaller number has ended: keeps statements out of old partitions. */
  readonly floor: number
  /** This node. */
  readonly node: string
}
