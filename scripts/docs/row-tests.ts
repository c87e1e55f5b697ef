import type { SourceTree } from '../../test/architecture/source-tree.ts'

/** A test whose title begins with the number of a row of the contract. */
export interface RowTest {
  readonly row: number
  readonly title: string
  readonly file: string
}

const TEST_SOURCE = /^test\/.*\.ts$/
/** A string that begins with `row N: `, whatever its quotes. Titles need not stand in the call of `test`: tables have them too. */
const TITLE = /(['"`])row (\d+): ((?:\\.|(?!\1)[^\\\n])*)\1/g
/** What is put into a title at run time. */
const INSERTED = /\$\{(?:[^{}]|\{[^{}]*\})*\}/g

/** Every test of a row, by file and then in the order of the file. */
export function rowTests(tree: SourceTree): readonly RowTest[] {
  const files = [...tree.keys()].filter((path) => TEST_SOURCE.test(path) && !path.startsWith('test/docs/')).toSorted()
  return files.flatMap((file) => [...(tree.get(file) ?? '').matchAll(TITLE)].map((match) => toRowTest(match, file)))
}

function toRowTest([, quote, row, text = '']: RegExpExecArray, file: string): RowTest {
  const title = quote === '`' ? text.replaceAll(INSERTED, '…') : text
  return { row: Number(row), title: title.replaceAll(/\\(.)/g, '$1'), file }
}
