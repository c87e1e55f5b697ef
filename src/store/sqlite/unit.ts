import type { Instant } from '../../model/task.ts'
import type { PublicIds } from '../public-id.ts'
import type { Statements } from './statements.ts'

/** What a unit works with. A unit is a synchronous function that runs inside a transaction of the writer, whole or not at all. */
export interface Unit {
  readonly sql: Statements
  readonly ids: PublicIds
  /** When the batch left the main thread, by the clock of the server. */
  readonly now: Instant
}
