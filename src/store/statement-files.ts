import { readFileSync } from 'node:fs'

/**
 * Statements of .sql files in blocks that begin with `-- name: x`. Each file must hold exactly the names that are
 * listed for it: one that is missing, or that nobody lists, is refused.
 */
export function readStatementFiles<N extends string>(
  folder: URL,
  names: Readonly<Record<string, readonly N[]>>,
): ReadonlyMap<N, string> {
  const texts = new Map<N, string>()
  for (const [file, wanted] of Object.entries(names)) {
    const text = readFileSync(new URL(`${file}.sql`, folder), 'utf8')
    const blocks = new Map<string, string>()
    for (const block of text.split(/^-- name: /m).slice(1)) {
      const end = block.indexOf('\n')
      blocks.set(block.slice(0, end).trim(), block.slice(end + 1).trim())
    }
    for (const name of wanted) {
      const sql = blocks.get(name)
      if (sql === undefined) throw new Error(`sql/${file}.sql lacks the statement ${name}`)
      texts.set(name, sql)
      blocks.delete(name)
    }
    if (blocks.size > 0)
      throw new Error(`sql/${file}.sql has statements nobody lists: ${[...blocks.keys()].join(', ')}`)
  }
  return texts
}
