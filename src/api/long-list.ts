/** A longer list is written in slices of this length: some milliseconds of work. */
export const SLICE = 1_000
/** Lists of an answer stand no deeper. */
const DEPTH = 3

/** A list that is made slice by slice when it is written, and never there as a whole. */
export class LongList<T> {
  readonly slices: () => Iterable<readonly T[]>

  constructor(slices: () => Iterable<readonly T[]>) {
    this.slices = slices
  }
}

/** What a caller gets as an array. */
export type List<T> = readonly T[] | LongList<T>

export const isLongList = (value: unknown): value is List<unknown> =>
  value instanceof LongList || (Array.isArray(value) && value.length > SLICE)

/** Not in the entries of lists: what is long there is written at once. */
export function holdsLongList(value: unknown, depth = DEPTH): boolean {
  if (isLongList(value)) return true
  if (depth === 0 || typeof value !== 'object' || value === null || Array.isArray(value)) return false
  for (const field of Object.values(value)) if (holdsLongList(field, depth - 1)) return true
  return false
}

export function fieldsOf(value: object): readonly (readonly [string, unknown])[] {
  return Object.entries(value)
}

/** None of them is empty. */
export function* slicesOf(list: List<unknown>): Generator<readonly unknown[]> {
  if (!(list instanceof LongList)) {
    for (let from = 0; from < list.length; from += SLICE) yield list.slice(from, from + SLICE)
    return
  }
  for (const slice of list.slices()) if (slice.length > 0) yield slice
}
