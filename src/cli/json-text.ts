import { CONTROLLING } from './table.ts'

/** Lines of JSON with one line feed at the end; what could control a terminal is escaped, which JSON reads as the same text. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, null, 2)
  // JSON escapes those below U+0020 itself; line feeds that are left are its own.
  return `${text.replace(CONTROLLING, (char) => (char === '\n' ? char : escaped(char)))}\n`
}

const escaped = (char: string) =>
  char
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
