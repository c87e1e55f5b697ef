/** Columns padded by what a terminal shows: Chinese characters and emoji take two places. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows].map((row) => row.map(printable))
  const widths = header.map((_, column) => Math.max(...all.map((row) => width(row[column] ?? ''))))
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - width(cell)))
      .join('  ')
      .trimEnd(),
  )
  const rule = widths.map((places) => '-'.repeat(places)).join('  ')
  return [lines[0], rule, ...lines.slice(1)].join('\n')
}

/** What moves the cursor, changes the direction of writing or ends a line. */
export const CONTROLLING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** Names come from foreign servers: nothing in them may move the cursor or end a line. */
export function printable(text: string): string {
  return text.replace(CONTROLLING, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`)
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}]|[\u{20000}-\u{3fffd}]/u

function width(text: string): number {
  let places = 0
  for (const char of text) places += WIDE.test(char) ? 2 : /\p{M}/u.test(char) ? 0 : 1
  return places
}
