/** Where a value stands in a JSON text, from `start` on and before `end`, in UTF-16 units. */
export interface JsonPlace {
  readonly start: number
  readonly end: number
  /** Of an object: where each name stands, and its value. */
  readonly members?: ReadonlyMap<string, { readonly name: JsonPlace; readonly value: JsonPlace }>
  readonly items?: readonly JsonPlace[]
}

export interface JsonPlaces {
  /** Undefined where the text is no JSON. */
  readonly root: JsonPlace | undefined
  /** Where reading stopped: behind the value, or at what does not belong there. */
  readonly at: number
  /** The first name that stands a second time in one object. */
  readonly repeated: JsonPlace | undefined
}

/** Deeper ones are taken for no JSON: nothing of ours is nearly that deep, and the stack has an end. */
const MAX_DEPTH = 100

const SPACE = /[ \t\n\r]*/y
const STRING = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/** Where everything in a JSON text stands, for messages that point at it. */
export function jsonPlaces(text: string): JsonPlaces {
  let at = 0
  let repeated: JsonPlace | undefined

  /** Takes what matches here, if anything does. */
  const take = (pattern: RegExp): JsonPlace | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found === null) return undefined
    const start = at
    at += found[0].length
    return { start, end: at }
  }
  const takeSign = (sign: string): boolean => {
    take(SPACE)
    if (text[at] !== sign) return false
    at++
    return true
  }

  const value = (depth: number): JsonPlace | undefined => {
    take(SPACE)
    if (depth > MAX_DEPTH) return undefined
    if (text[at] === '{') return object(depth)
    if (text[at] === '[') return list(depth)
    return take(STRING) ?? take(SCALAR)
  }
  const object = (depth: number): JsonPlace | undefined => {
    const start = at++
    const members = new Map<string, { name: JsonPlace; value: JsonPlace }>()
    if (takeSign('}')) return { start, end: at, members }
    do {
      take(SPACE)
      const name = take(STRING)
      if (name === undefined || !takeSign(':')) return undefined
      const found = value(depth + 1)
      if (found === undefined) return undefined
      const key = String(JSON.parse(text.slice(name.start, name.end)))
      if (members.has(key)) repeated ??= name
      members.set(key, { name, value: found })
    } while (takeSign(','))
    return takeSign('}') ? { start, end: at, members } : undefined
  }
  const list = (depth: number): JsonPlace | undefined => {
    const start = at++
    const items: JsonPlace[] = []
    if (takeSign(']')) return { start, end: at, items }
    do {
      const found = value(depth + 1)
      if (found === undefined) return undefined
      items.push(found)
    } while (takeSign(','))
    return takeSign(']') ? { start, end: at, items } : undefined
  }

  const root = value(0)
  take(SPACE)
  return { root: at === text.length ? root : undefined, at, repeated }
}
