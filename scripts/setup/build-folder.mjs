import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { runCommand } from './run-command.mjs'
import { SetupError } from './setup-error.mjs'
import { withSetupLock } from './setup-lock.mjs'

const BUILD_DEADLINE_MS = 5 * 60_000
/** What the built folder was made from, in itself. */
export const STAMP = '.sources'
const TEXT = /\.(html|js|css|svg|json|txt)$/
/** A shorter one saves nothing compressed. */
const MIN_BYTES = 512

/**
 * Has `script` of the clone `root` build the folder `to`, where it is not there yet or was made from other `sources`
 * (files and folders of the clone; the lock file is one always). What is text gets a brotli and a gzip copy beside it.
 * The finished folder takes the place of the one before, so a server never meets half of one. Safe to run twice at the same time.
 */
export async function buildFolder(root, { node, to, script, sources, what, say = () => {} }) {
  const wanted = await digestOf(root, ['package-lock.json', ...sources])
  if (await isBuilt(to, wanted)) return
  await withSetupLock(root, { say }, async () => {
    if (await isBuilt(to, wanted)) return
    say(`Building ${what} …`)
    await mkdir(dirname(to), { recursive: true })
    const work = await mkdtemp(`${to}.`)
    try {
      const built = join(work, 'built')
      await mkdir(built)
      const { code, output } = await runCommand(node, [join(root, script), root, built], {
        cwd: root,
        timeoutMs: BUILD_DEADLINE_MS,
      })
      if (code !== 0)
        throw new SetupError(`What cannot be built: ${what}.`, { detail: output, advice: 'Mend it, then build again.' })
      await compressFiles(built)
      await writeFile(join(built, STAMP), wanted)
      if (existsSync(to)) await rename(to, join(work, 'before'))
      await rename(built, to)
    } finally {
      await rm(work, { recursive: true, force: true })
    }
  })
}

export async function isBuilt(to, wanted) {
  try {
    return (await readFile(join(to, STAMP), 'utf8')) === wanted
  } catch {
    return false
  }
}

/** Of files and folders of the clone. By what they say, not by their times: a checkout makes those new. */
export async function digestOf(root, sources) {
  const hash = createHash('sha256')
  for (const source of sources) {
    for (const path of await filesIn(root, source)) {
      hash
        .update(`${path}\0`)
        .update(await readFile(join(root, path)))
        .update('\0')
    }
  }
  return `${hash.digest('hex')}\n`
}

/** Of a folder all files below it, of a file itself. */
async function filesIn(root, source) {
  const path = join(root, source)
  if (!existsSync(path)) return []
  if ((await stat(path)).isFile()) return [source]
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
    .toSorted()
}

async function compressFiles(folder) {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !TEXT.test(entry.name)) continue
    const file = join(entry.parentPath ?? entry.path, entry.name)
    const bytes = await readFile(file)
    if (bytes.length < MIN_BYTES) continue
    const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length }
    await writeFile(`${file}.br`, await promisify(brotliCompress)(bytes, { params }))
    await writeFile(`${file}.gz`, await promisify(gzip)(bytes, { level: 9 }))
  }
}
