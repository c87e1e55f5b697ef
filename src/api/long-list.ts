/** A longer list is written in slices of this length: some milliseconds of work. */
export const SLICE = 1_000
/** Lists of an answer stand no deeper. */
const DEPTH = 3

export const isLongList = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.length > SLICE

/** Not in the entries of lists: what is long there is written at once. */
export function holdsLongList(value: unknown, depth = DEPTH): boolean {
  if (isLongList(value)) return true
  if (depth === 0 || typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).some((field: unknown) => holdsLongList(field, depth - 1))
}

export function fieldsOf(value: object): readonly (readonly [string, unknown])[] {
  return Object.entries(value)
}

export function* slicesOf(list: readonly unknown[]): Generator<readonly unknown[]> {
  for (let from = 0; from < list.length; from += SLICE) yield list.slice(from, from + SLICE)
}
