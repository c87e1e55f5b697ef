import type { DatabaseColumns, ListedName } from '../tasks/database-columns.ts'
import { type List, LongList, SLICE } from './long-list.ts'

/** What a person could back up, in the order given. */
export function databaseNames(databases: DatabaseColumns, { includeSystem }: { includeSystem: boolean }): List<string> {
  const namesOf = (slice: readonly ListedName[]) => {
    const names: string[] = []
    for (const { name, system } of slice) if (includeSystem || !system) names.push(name)
    return names
  }
  if (databases.length <= SLICE) {
    const [slice = []] = databases.slices()
    return namesOf(slice)
  }
  return new LongList(function* () {
    for (const slice of databases.slices()) yield namesOf(slice)
  })
}
