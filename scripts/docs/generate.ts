/** Writes the generated pages; test/docs/generated.test.ts fails where they are not what this would write. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSourceTree } from '../../test/architecture/source-tree.ts'
import { generatedPages } from './pages.ts'

const root = join(import.meta.dirname, '..', '..')
const tree = readSourceTree(root)
for (const [path, text] of generatedPages(tree)) {
  if (tree.get(path) === text) continue
  writeFileSync(join(root, path), text)
  process.stdout.write(`wrote ${path}\n`)
}
