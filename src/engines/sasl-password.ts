/** SASLprep leaves it as it is: printable ASCII. */
const PLAIN = /^[\x20-\x7e]*$/

/**
 * The password as SCRAM-SHA-256 wants it: SASLprep (RFC 4013) for a stored string. Undefined where it has characters that
 * SASLprep forbids, such as control characters or those that Unicode 3.2 does not have. The tables are loaded on first need.
 */
export async function saslPassword(password: string): Promise<string | undefined> {
  if (PLAIN.test(password)) return password
  // A lone surrogate is no character: the tables do not know it, and UTF-8 cannot carry it.
  if (!password.isWellFormed()) return undefined
  const { saslprep } = await import('@mongodb-js/saslprep')
  try {
    const prepared = saslprep(password)
    return prepared === '' ? undefined : prepared
  } catch {
    // Its error says which rule is broken, and the password may not be told.
    return undefined
  }
}
