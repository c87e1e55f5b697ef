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

/** What units of one kind work with that are written together. Its first statement must give rows, and be refused where nothing can be written. */
export interface BatchUnit extends Pick<Unit, 'sql' | 'ids' | 'floor'> {
  /** The parameter `:now` of statements that know the time themselves: NULL, or the time of a test. */
  readonly time: Instant | null
}
