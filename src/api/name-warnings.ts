import { setImmediate } from 'node:timers/promises'
import type { ListingWarning } from '../model/listing.ts'
import type { DatabaseColumns } from '../tasks/database-columns.ts'

/** Says so where a listed name is not exact. `holds`: whether the answer's format can hold the text. */
export async function nameWarnings(
  databases: DatabaseColumns,
  options: { includeSystem: boolean; holds: (text: string) => boolean },
): Promise<readonly ListingWarning[]> {
  const { includeSystem, holds } = options
  let inexact = 0
  let before = false
  for (const slice of databases.slices()) {
    // Others get their turn between the slices of a long list.
    if (before) await setImmediate()
    before = true
    for (const { name, system, exact } of slice) if ((includeSystem || !system) && (!exact || !holds(name))) inexact++
  }
  if (inexact === 0) return []
  const names = inexact === 1 ? 'One name is' : `${inexact} names are`
  return [
    {
      code: 'Names.NotExact',
      message: `${names} not exact: U+FFFD stands for bytes that are not UTF-8 or characters that this format cannot hold.`,
    },
  ]
}
