/** Nothing but what a list needs: no key can be read or written. CONFIG is not there, for it shows passwords of the server. */
export function redisGrant(user: string): string {
  return aclStatement(user, ['-@all', '+ping', '+info', '+cluster|info', '+client|setname'])
}

/** As redis-cli takes it. */
export function aclStatement(user: string, rules: readonly string[]): string {
  return ['ACL SETUSER', quote(user), ...rules].join(' ')
}

function quote(word: string): string {
  if (/^[\w.@:-]+$/.test(word)) return word
  // Control characters as redis-cli reads them; the rest of Unicode stays as it is.
  const escaped = word.replace(/["\\]/g, '\\$&').replace(/\p{Cc}/gu, escapeBytes)
  return `"${escaped}"`
}

const escapeBytes = (character: string) =>
  [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
