export interface CodeBlock {
  /** What follows the fence; empty where nothing does. */
  readonly language: string
  readonly text: string
}

/** The fenced blocks of a page, in order. */
export function codeBlocks(page: string): readonly CodeBlock[] {
  return [...page.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].map(([, language = '', text = '']) => ({ language, text }))
}

/** What is below a heading of the second level, to the next one. */
export function section(page: string, heading: string): string {
  const found = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`))
  if (found === undefined) throw new Error(`the page has no section "${heading}"`)
  return found
}

/** The commands of the `sh` blocks, one a line, without what follows a #. */
export function shellCommands(page: string): readonly string[] {
  return codeBlocks(page)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.split('\n'))
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '')
}
