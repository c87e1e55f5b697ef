import type { DatabaseRecord, ListingWarning } from '../model/listing.ts'

/** Says so where a listed name is not exact. `holds`: whether the answer's format can hold the text. */
export function nameWarnings(
  databases: readonly DatabaseRecord[],
  options: { includeSystem: boolean; holds: (text: string) => boolean },
): readonly ListingWarning[] {
  const { includeSystem, holds } = options
  const inexact = databases.filter(
    ({ system, name, nameBase64 }) => (includeSystem || !system) && (nameBase64 !== undefined || !holds(name)),
  ).length
  if (inexact === 0) return []
  const names = inexact === 1 ? 'One name is' : `${inexact} names are`
  return [
    {
      code: 'Names.NotExact',
      message: `${names} not exact: U+FFFD stands for bytes that are not UTF-8 or characters that this format cannot hold.`,
    },
  ]
}
