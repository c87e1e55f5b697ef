import { createHash } from 'node:crypto'

/** SHA-256 over the exact text of the outcome, a newline and all chunks; 64 hex digits. */
export function outcomeDigest(outcomeText: string, parts: Iterable<string | Uint8Array>): string {
  const hash = createHash('sha256').update(outcomeText).update('\n')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}
