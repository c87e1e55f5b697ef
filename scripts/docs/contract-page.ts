import type { RowTest } from './row-tests.ts'

const MARKED = /<!-- tests (\d+) -->\n[^]*?<!-- end of tests \1 -->/g

/** The written page with the list of tests of each row put between its marks. */
export function contractPage(written: string, tests: readonly RowTest[]): string {
  return written.replaceAll(MARKED, (_, row: string) => {
    const list = listOf(tests.filter((test) => test.row === Number(row)))
    return `<!-- tests ${row} -->\n${list}\n<!-- end of tests ${row} -->`
  })
}

/** The rows that have a place for their tests. */
export const rowsOf = (page: string) => [...page.matchAll(MARKED)].map(([, row]) => Number(row))

function listOf(tests: readonly RowTest[]): string {
  if (tests.length === 0) return 'No test carries this number.'
  const byFile = Map.groupBy(tests, ({ file }) => file)
  const lines = [...byFile].flatMap(([file, those]) => [
    `- [${file.replace(/^test\//, '')}](../../${file})`,
    ...titlesOf(those).map((title) => `  - ${title}`),
  ])
  return ['<details><summary>tests</summary>', '', ...lines, '', '</details>'].join('\n')
}

/** Without those whose words are only known at run time, unless a file has no others. */
function titlesOf(tests: readonly RowTest[]): readonly string[] {
  const titles = [...new Set(tests.map(({ title }) => escaped(title)))]
  const told = titles.filter((title) => /\p{L}{3}/u.test(title))
  return told.length > 0 ? told : titles
}

/** Titles are plain text: nothing in them is markup. */
const escaped = (text: string) => text.replaceAll(/[\\`*_<>[\]]/g, '\\$&')
