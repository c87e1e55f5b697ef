import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the build puts what browsers load, beside src/ as beside what src/ is compiled to. */
export const builtFolder = (name: string) => fileURLToPath(new URL(`../../dist/${name}`, import.meta.url))
/** A few dozen of them are built. */
const MAX_FILES = 1_000
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css;charset=utf-8',
  '.html': 'text/html;charset=utf-8',
  '.js': 'text/javascript;charset=utf-8',
  '.json': 'application/json;charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain;charset=utf-8',
  '.woff2': 'font/woff2',
}
/** Better ones first. */
const ENCODINGS = { br: '.br', gzip: '.gz' } as const
export type Encoding = keyof typeof ENCODINGS
export const ENCODING_NAMES: readonly Encoding[] = ['br', 'gzip']

export interface StaticFile {
  readonly contentType: string
  readonly body: Buffer
  readonly encoded: Readonly<Partial<Record<Encoding, Buffer>>>
  /** Quoted. */
  readonly etag: string
  /** Its name changes with what is in it. */
  readonly immutable: boolean
}

/** By path, such as `assets/index-1234.js`. */
export type StaticFiles = ReadonlyMap<string, StaticFile>

/** All of a folder, into memory: a build that is made meanwhile must not mix with it. Undefined where none is built. */
export async function readStaticFiles(folder: string): Promise<StaticFiles | undefined> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .filter((path) => TYPES[extname(path)] !== undefined)
    .slice(0, MAX_FILES)
  const all = new Set(entries.map((entry) => join(entry.parentPath, entry.name)))
  const files = new Map<string, StaticFile>()
  for (const path of paths) {
    const body = await readFile(join(folder, path))
    const encoded: Partial<Record<Encoding, Buffer>> = {}
    for (const encoding of ENCODING_NAMES) {
      const file = join(folder, `${path}${ENCODINGS[encoding]}`)
      if (all.has(file)) encoded[encoding] = await readFile(file)
    }
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
    const contentType = TYPES[extname(path)] ?? ''
    files.set(path, { contentType, body, encoded, etag, immutable: path.startsWith('assets/') })
  }
  return files.has('index.html') ? files : undefined
}
