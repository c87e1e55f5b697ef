/**
 * A name as one token of a NATS subject: letters, digits, `_` and `-` as they are, each other byte of UTF-8 as `%XX`.
 * Two names never have one token, and no token has a dot, a wildcard or a space.
 */
export function subjectToken(name: string): string {
  if (name === '') return '%'
  return Array.from(Buffer.from(name, 'utf8'), (byte) => {
    const character = String.fromCharCode(byte)
    return /[\w-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')
}
