/** What cannot be seen, changes the direction of writing or ends a line: no sample has it in a literal. */
export const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufe00-\ufe0f]/u

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

interface Spelling {
  readonly quote: '"' | "'"
  /** How a character is written that cannot stand for itself. */
  readonly escaped: (char: string) => string
  /** Beyond those that can never. */
  readonly also?: RegExp
}

/** A text as a literal of one line. What the quotes and the backslash mean is the same in all languages that use this. */
export function textLiteral(text: string, { quote, escaped, also }: Spelling): string {
  let inner = ''
  for (const char of text) {
    if (char === quote || char === '\\') inner += `\\${char}`
    else if (SHORT[char] !== undefined) inner += SHORT[char]
    else inner += UNSEEN.test(char) || also?.test(char) === true ? escaped(char) : char
  }
  return `${quote}${inner}${quote}`
}

/** `\u202e`; characters beyond U+FFFF as the two halves that JavaScript and Java have them in. */
export function utf16Escape(char: string): string {
  let text = ''
  for (let at = 0; at < char.length; at++) text += `\\u${hex(char.charCodeAt(at), 4)}`
  return text
}

/** `\u202e`, `\U000e0001`, as Python and Go spell them. */
export function codePointEscape(char: string): string {
  const code = char.codePointAt(0) ?? 0
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`
}

const hex = (code: number, places: number) => code.toString(16).padStart(places, '0')
