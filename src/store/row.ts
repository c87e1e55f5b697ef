/** A row of any store: what a column holds is not known before it is read. */
export type Row = Readonly<Record<string, unknown>>

/** Readers of one column each: a column that is not what the schema says is a fault, never a value. */
export function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw wrong(column, 'text')
  return value
}

export function integer(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw wrong(column, 'a number')
  return value
}

export function bytes(row: Row, column: string): Uint8Array {
  const value = row[column]
  if (!(value instanceof Uint8Array)) throw wrong(column, 'bytes')
  return value
}

export function oneOf<T extends string>(row: Row, column: string, values: readonly T[]): T {
  const value = text(row, column)
  const known = values.find((one) => one === value)
  if (known === undefined) throw wrong(column, `one of ${values.join(', ')}`)
  return known
}

/** Undefined where the column is NULL. */
export function optional<T>(row: Row, column: string, read: (row: Row, column: string) => T): T | undefined {
  return row[column] === null ? undefined : read(row, column)
}

/** The entry of an object where the column is not NULL, to be spread into it; else nothing. */
export function entry<K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T }
export function entry(key: string, value: unknown): object {
  return value === undefined ? {} : { [key]: value }
}

const wrong = (column: string, what: string) => new Error(`the column ${column} of the store is not ${what}`)
