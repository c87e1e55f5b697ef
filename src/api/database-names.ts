import { inOrder } from '../model/database-order.ts'
import type { DatabaseRecord } from '../model/listing.ts'

/** What a person could back up, in the order of the contract. */
export function databaseNames(
  databases: readonly DatabaseRecord[],
  options: { includeSystem: boolean },
): readonly string[] {
  const wanted = options.includeSystem ? databases : databases.filter((database) => !database.system)
  return inOrder(wanted).map((database) => database.name)
}
