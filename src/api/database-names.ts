import type { DatabaseColumns } from '../tasks/database-columns.ts'
import { type List, LongList, SLICE } from './long-list.ts'

/** What a person could back up, in the order given. */
export function databaseNames(databases: DatabaseColumns, { includeSystem }: { includeSystem: boolean }): List<string> {
  const slices = function* () {
    for (const slice of databases.slices())
      yield slice.filter(({ system }) => includeSystem || !system).map(({ name }) => name)
  }
  return databases.length > SLICE ? new LongList(slices) : [...slices()].flat()
}
