import type { DatabaseRecord } from '../model/listing.ts'

/** What a person could back up, in the order given. */
export function databaseNames(
  databases: readonly DatabaseRecord[],
  options: { includeSystem: boolean },
): readonly string[] {
  const wanted = options.includeSystem ? databases : databases.filter((database) => !database.system)
  return wanted.map((database) => database.name)
}
