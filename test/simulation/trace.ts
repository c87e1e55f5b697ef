import { createHash } from 'node:crypto'

const KEPT = 60

/** What happened, in order: a digest of all of it, and the last events in words. */
export interface Trace {
  note(who: string, what: string): void
  readonly digest: string
  readonly last: readonly string[]
  readonly length: number
}

export function createTrace(now: () => number, print?: (line: string) => void): Trace {
  const hash = createHash('sha256')
  const ring: string[] = []
  let length = 0
  return {
    note(who, what) {
      const line = `${(now() / 1000).toFixed(3).padStart(9)} s  ${who.padEnd(10)} ${what}`
      hash.update(line).update('\n')
      ring[length % KEPT] = line
      length++
      print?.(line)
    },
    get digest() {
      return hash.copy().digest('hex').slice(0, 16)
    },
    get last() {
      const start = length % KEPT
      return length <= KEPT ? [...ring] : [...ring.slice(start), ...ring.slice(0, start)]
    },
    get length() {
      return length
    },
  }
}
