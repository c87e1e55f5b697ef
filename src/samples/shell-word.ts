import { UNSEEN } from './text-literal.ts'

const PLAIN = /^[\w.:,/@%+-]+$/

/**
 * A text as one word of sh, bash or zsh. Line feeds stand for themselves; what else cannot be seen is written by printf,
 * whose octal bytes every shell knows (`$'…'` it does not).
 */
export function shellWord(text: string): string {
  if (PLAIN.test(text)) return text
  let word = ''
  let quoted = ''
  const close = () => {
    if (quoted !== '') word += `'${quoted}'`
    quoted = ''
  }
  for (const char of text) {
    if (char === "'") {
      close()
      word += "\\'"
    } else if (char !== '\n' && UNSEEN.test(char)) {
      close()
      word += `"$(printf '${octal(char)}')"`
    } else quoted += char
  }
  close()
  return word === '' ? "''" : word
}

const octal = (char: string) =>
  [...new TextEncoder().encode(char)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')
