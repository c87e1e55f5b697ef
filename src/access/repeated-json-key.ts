/** The first name that stands twice in one object; the parser would keep the last one only. `text` is valid JSON. */
export function repeatedJsonKey(text: string): string | undefined {
  const open: Set<string>[] = []
  for (const [token, colon] of tokens(text)) {
    // A list has no names, but the closing brackets must pair.
    if (token === '{' || token === '[') open.push(new Set())
    else if (token === '}' || token === ']') open.pop()
    else if (colon) {
      const name: unknown = JSON.parse(token)
      if (typeof name !== 'string') continue
      const names = open.at(-1)
      if (names?.has(name)) return name
      names?.add(name)
    }
  }
  return undefined
}

/** Brackets and texts, with whether a colon follows. */
function* tokens(text: string): Iterable<readonly [token: string, colon: boolean]> {
  for (const [, token = '', colon] of text.matchAll(/("(?:[^"\\]|\\.)*"|[{}[\]])\s*(:)?/g)) {
    yield [token, colon !== undefined]
  }
}
