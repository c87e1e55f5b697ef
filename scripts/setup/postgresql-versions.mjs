import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { npmCi } from './npm.mjs'
import { ROOT } from './prepare.mjs'
import { SetupError } from './setup-error.mjs'
import { withSetupLock } from './setup-lock.mjs'

/**
 * Folders of PostgreSQL's programs, one for each version that test/servers/ pins for this platform, fetched into .tools/ once; or
 * none and why. Throws where what came is not what is pinned.
 */
export async function postgresqlVersions(node, { root = ROOT, say = console.log, platform = thisPlatform() } = {}) {
  const pinned = join(root, 'test', 'servers', platform)
  if (!existsSync(pinned)) return { folders: [], missing: `no package of PostgreSQL is made for ${platform}` }
  const folder = join(root, '.tools', 'postgresql')
  try {
    await withSetupLock(root, { say }, () => fetchOnce(folder, { pinned, node, say }))
  } catch (error) {
    if (!(error instanceof SetupError) || error.detail.includes('EINTEGRITY')) throw error
    return { folders: [], missing: error.describe() }
  }
  return { folders: (await packagesIn(folder)).map((path) => join(path, 'native', 'bin')) }
}

/** The programs are made for the GNU C library, which Alpine has not. */
function thisPlatform() {
  const { glibcVersionRuntime } = process.report.getReport().header
  const musl = process.platform === 'linux' && glibcVersionRuntime === undefined
  return `${process.platform}-${process.arch}${musl ? '-musl' : ''}`
}

async function fetchOnce(folder, { pinned, node, say }) {
  const lock = await readFile(join(pinned, 'package-lock.json'))
  const wanted = createHash('sha256').update(lock).digest('hex')
  const stamp = join(folder, 'installed')
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted) return
  say('Fetching several versions of PostgreSQL into .tools/ (about 140 MB, 350 MB unpacked) …')
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  for (const file of ['package.json', 'package-lock.json']) await copyFile(join(pinned, file), join(folder, file))
  const cache = join(folder, 'npm-cache')
  await npmCi(folder, { node, cache, what: 'The versions of PostgreSQL' })
  await rm(cache, { recursive: true, force: true })
  for (const path of await packagesIn(folder)) await linkLibraries(path)
  await writeFile(stamp, wanted)
}

/** Oldest version first. */
async function packagesIn(folder) {
  const names = await readdir(join(folder, 'node_modules'))
  return names
    .filter((name) => name.startsWith('postgresql-'))
    .toSorted()
    .map((name) => join(folder, 'node_modules', name))
}

/** A package holds no links but a list of them, for an install script that does not run here. Both ends are in one folder. */
async function linkLibraries(path) {
  const links = JSON.parse(await readFile(join(path, 'native', 'pg-symlinks.json'), 'utf8'))
  for (const { source, target } of links) {
    if (dirname(source) !== dirname(target) || !/^native\/(lib|share)(\/[\w-]+)*\/[\w+-][\w.+-]*$/.test(target))
      throw new Error(`${path} asks for a link where none belongs: ${target}`)
    await rm(join(path, target), { force: true })
    await symlink(basename(source), join(path, target))
  }
}
