import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runCommand } from './run-command.mjs'
import { SetupError } from './setup-error.mjs'
import { withSetupLock } from './setup-lock.mjs'

const BUILD_DEADLINE_MS = 5 * 60_000
/** What the built console was made from, in its folder. */
const STAMP = '.sources'

/**
 * Builds console/ of the clone `root` into the folder `to`, where it is not there yet or was made from other sources.
 * The finished folder takes the place of the one before, so a server never meets half of one. Safe to run twice at the same time.
 */
export async function buildConsole(root, { node, to = join(root, 'dist', 'console'), say = () => {} }) {
  const wanted = await digestOfSources(root)
  if (await isBuilt(to, wanted)) return
  await withSetupLock(root, { say }, async () => {
    if (await isBuilt(to, wanted)) return
    say('Building the console …')
    await mkdir(dirname(to), { recursive: true })
    const work = await mkdtemp(`${to}.`)
    try {
      const built = join(work, 'built')
      const script = join(root, 'scripts', 'setup', 'vite-build.mjs')
      const { code, output } = await runCommand(node, [script, root, built], {
        cwd: root,
        timeoutMs: BUILD_DEADLINE_MS,
      })
      if (code !== 0)
        throw new SetupError('console/ cannot be built.', { detail: output, advice: 'Mend it, then build again.' })
      await writeFile(join(built, STAMP), wanted)
      if (existsSync(to)) await rename(to, join(work, 'before'))
      await rename(built, to)
    } finally {
      await rm(work, { recursive: true, force: true })
    }
  })
}

async function isBuilt(to, wanted) {
  try {
    return (await readFile(join(to, STAMP), 'utf8')) === wanted
  } catch {
    return false
  }
}

/** By what they say, not by their times: a checkout makes those new. What the console shares with the server counts too. */
async function digestOfSources(root) {
  const hash = createHash('sha256')
  const shared = ['package-lock.json', join('scripts', 'setup', 'vite-build.mjs')]
  for (const path of [
    ...shared,
    ...(await filesIn(root, 'console')),
    ...(await filesIn(root, join('src', 'samples'))),
  ]) {
    hash
      .update(`${path}\0`)
      .update(await readFile(join(root, path)))
      .update('\0')
  }
  return `${hash.digest('hex')}\n`
}

async function filesIn(root, folder) {
  if (!existsSync(join(root, folder))) return []
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
    .toSorted()
}
