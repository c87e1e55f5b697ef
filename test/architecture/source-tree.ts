import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Path from the root of the project, with forward slashes → text. A real tree and a planted one look the same. */
export type SourceTree = ReadonlyMap<string, string>

const TEXT = /\.(tsx?|mjs|js|sh|sql|md|json|yaml)$|^bin\/postern$|^\.ci\/run$/
const NOT_OURS = new Set(['.git', '.tools', 'dist', 'node_modules'])

/** The project's own text files; what is generated or fetched is not looked at. */
export function readSourceTree(root: string): SourceTree {
  const tree = new Map<string, string>()
  const folders = ['']
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory() && !NOT_OURS.has(entry.name)) folders.push(path)
      if (entry.isFile() && TEXT.test(path)) tree.set(path, readFileSync(join(root, path), 'utf8'))
    }
  }
  return tree
}
