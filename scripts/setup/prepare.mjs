import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findNode, installNode, PINNED_NODE } from './node-runtime.mjs'
import { npmCache, npmCi } from './npm.mjs'
import { SetupError } from './setup-error.mjs'
import { withSetupLock } from './setup-lock.mjs'

/** The clone that these scripts belong to. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/**
 * Makes the clone ready: a Node that is new enough, and the packages of the lock file. Does nothing where both are there.
 * Safe to run twice at the same time. Returns the path of the Node to run everything else on.
 */
export async function prepare({ root = ROOT, say = console.log } = {}) {
  const ready = await readyNode(root)
  if (ready !== undefined) return ready
  return withSetupLock(root, { say }, async () => {
    const node = (await findNode(root)) ?? (await fetchNode(root, say))
    const wanted = await packagesWanted(root)
    if (!(await packagesAre(root, wanted))) await fetchPackages({ root, node, wanted, say })
    return node
  })
}

/** Prints a failed set-up as what to do about it; anything else is a fault of ours and keeps its stack. */
export function reportFailure(error) {
  console.error(error instanceof SetupError ? `\nSet-up failed. ${error.describe()}` : error)
}

async function readyNode(root) {
  const node = await findNode(root)
  return node !== undefined && (await packagesAre(root, await packagesWanted(root))) ? node : undefined
}

async function fetchNode(root, say) {
  say(`This is Node ${process.versions.node}: fetching Node ${PINNED_NODE} into .tools/ (about 60 MB) …`)
  return installNode(root)
}

async function fetchPackages({ root, node, wanted, say }) {
  say('Installing the packages of package-lock.json …')
  // Away first: an installation that is cut short must not look like a finished one.
  await rm(stampOf(root), { force: true })
  await npmCi(root, { node, cache: npmCache(root), what: 'The packages' })
  await writeFile(stampOf(root), wanted)
}

function stampOf(root) {
  return join(root, '.tools', 'packages-installed')
}

/** Another lock file or another platform means another node_modules. */
async function packagesWanted(root) {
  const lock = await readFile(join(root, 'package-lock.json'))
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}\n`
}

async function packagesAre(root, wanted) {
  if (!existsSync(join(root, 'node_modules', '.package-lock.json'))) return false
  try {
    return (await readFile(stampOf(root), 'utf8')) === wanted
  } catch {
    return false
  }
}
