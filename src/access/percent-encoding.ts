import { isUtf8 } from 'node:buffer'

/** Most names and values of a request; looking takes less than encoding. */
const UNRESERVED = /^[\w.~-]*$/

/** RFC 3986: everything but `A-Z a-z 0-9 - _ . ~` becomes `%XX` of its UTF-8 bytes. Throws URIError for half a surrogate pair. */
export function percentEncode(text: string): string {
  if (UNRESERVED.test(text)) return text
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** The text; or where it is broken, counted in characters as they were sent, from 0. */
export type Decoded = string | { readonly brokenAt: number }

const PERCENT = 0x25
const PLUS = 0x2b
const SPACE = 0x20
/** ASCII without `%` and `+`: stands for itself. */
const PLAIN = /^[\x20-\x24\x26-\x2a\x2c-\x7e]*$/
/** ASCII without `+`. */
const ESCAPED = /^[\x20-\x2a\x2c-\x7e]*$/

/**
 * Strict: an incomplete `%XX` and bytes that are not UTF-8 are broken, never replaced.
 * `raw` has one character per byte (latin1), as it came over the wire; `plus` is what a raw `+` stands for.
 */
export function percentDecode(raw: string, plus: ' ' | '+'): Decoded {
  if (PLAIN.test(raw)) return raw
  return (ESCAPED.test(raw) ? decodeQuickly(raw) : undefined) ?? decodeBytes(raw, plus)
}

/** A tenth of the time, as strict, but it does not say where something is broken. */
function decodeQuickly(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw)
  } catch {
    return undefined
  }
}

function decodeBytes(raw: string, plus: ' ' | '+'): Decoded {
  const bytes = Buffer.allocUnsafe(raw.length)
  let length = 0
  for (let i = 0; i < raw.length; i++) {
    const code = raw.charCodeAt(i)
    if (code === PERCENT) {
      const byte = hexByte(raw, i + 1)
      if (byte === undefined) return { brokenAt: i }
      bytes[length++] = byte
      i += 2
    } else {
      bytes[length++] = code === PLUS && plus === ' ' ? SPACE : code
    }
  }
  const decoded = bytes.subarray(0, length)
  return isUtf8(decoded) ? decoded.toString('utf8') : { brokenAt: rawOffset(raw, brokenByte(decoded)) }
}

function hexByte(raw: string, at: number): number | undefined {
  const pair = raw.slice(at, at + 2)
  return /^[0-9A-Fa-f]{2}$/.test(pair) ? Number.parseInt(pair, 16) : undefined
}

/** Index of the byte after which no continuation could make this UTF-8. */
function brokenByte(bytes: Uint8Array): number {
  let good = 0
  let bad = bytes.length + 1
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (middle <= bytes.length && mayBegin(bytes.subarray(0, middle))) good = middle
    else bad = middle
  }
  return good
}

function mayBegin(prefix: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(prefix, { stream: true })
    return true
  } catch {
    return false
  }
}

function rawOffset(raw: string, byte: number): number {
  let at = 0
  for (let i = 0; i < byte; i++) at += raw.charCodeAt(at) === PERCENT ? 3 : 1
  return at
}
