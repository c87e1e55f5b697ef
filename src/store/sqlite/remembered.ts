/** Beyond them all are forgotten: callers come back, and are read again. */
const MAX_KNOWN = 10_000

/** What was read, by a name, until `forget`. What was not found is asked for again. */
export interface Remembered<T> {
  get(name: string, read: () => T | undefined): T | undefined
  forget(): void
}

export function remembered<T>(max = MAX_KNOWN): Remembered<T> {
  const known = new Map<string, T>()
  return {
    get(name, read) {
      const before = known.get(name)
      if (before !== undefined) return before
      const found = read()
      if (found === undefined) return undefined
      if (known.size >= max) known.clear()
      known.set(name, found)
      return found
    },
    forget: () => known.clear(),
  }
}
