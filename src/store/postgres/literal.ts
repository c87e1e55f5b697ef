export type Value = string | number | boolean | Uint8Array | null

/**
 * A value as a part of a statement. Like a parameter it has no type of its own, so that the statement decides. Safe
 * whatever the session's settings are: in E'' nothing but the quote and the backslash ends or changes anything, and
 * the encoding of a session is UTF-8, in which neither is a part of another character.
 */
export function literal(value: Value): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return quoted(storable(value))
  if (typeof value === 'number' || typeof value === 'boolean') return `'${value}'`
  return quoted(`\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`)
}

/** The database takes neither the character 0 nor half of a pair of surrogates. */
export const storable = (text: string) => text.toWellFormed().replaceAll('\0', '\uFFFD')

const quoted = (text: string) => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
