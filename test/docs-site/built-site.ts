import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '..', '..')
const FOLDER = join(ROOT, 'dist', 'docs')

/** Address and text of every page as it was built. */
export function builtPages(): ReadonlyMap<string, string> {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.html'))
  return new Map(
    files.map((file) => {
      const path = file.replaceAll('\\', '/').replace(/(^index)?\.html$/, '')
      return [`/docs/${path}`, readFileSync(join(FOLDER, file), 'utf8')]
    }),
  )
}
