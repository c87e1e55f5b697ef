/**
 * npm run tarball [-- --platform PLATFORM] [--out FOLDER] — packs Postern with its own Node, for machines that have none:
 * tarballs/postern-VERSION-PLATFORM.tar.gz and its SHA-256. Any platform can be packed on any other.
 */
import { chmod, copyFile, cp, mkdir, mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { buildForBrowsers } from './setup/build-for-browsers.mjs'
import { compile } from './setup/compile.mjs'
import { fetchNodeBuild } from './setup/node-runtime.mjs'
import { npmCache, npmCi } from './setup/npm.mjs'
import { prepare, ROOT, reportFailure } from './setup/prepare.mjs'
import { SetupError } from './setup/setup-error.mjs'
import { isProgramFor, TARBALL_NODES } from './tarball/node-builds.mjs'
import { writeTarFile } from './tarball/tar-file.mjs'

try {
  const { platform, out } = options()
  const node = await prepare({ say: console.error })
  console.log(await tarball({ node, platform, out }))
} catch (error) {
  reportFailure(error)
  process.exitCode = 1
}

function options() {
  const known = Object.keys(TARBALL_NODES)
  const advice = `npm run tarball -- --platform PLATFORM --out FOLDER, where PLATFORM is ${known.join(', ')}.`
  let values
  try {
    const string = { type: 'string' }
    values = parseArgs({ options: { platform: string, out: string } }).values
  } catch (error) {
    throw new SetupError(error.message, { advice })
  }
  const { platform = `${process.platform}-${process.arch}`, out = join(ROOT, 'tarballs') } = values
  if (!known.includes(platform)) throw new SetupError(`There is no tarball for ${String(platform)}.`, { advice })
  return { platform, out: resolve(out) }
}

/** Returns the path of the finished file, which appears in one rename. */
async function tarball({ node, platform, out }) {
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const top = `postern-${version}-${platform}`
  await mkdir(out, { recursive: true })
  await mkdir(join(ROOT, '.tools'), { recursive: true })
  const work = await mkdtemp(join(ROOT, '.tools', 'tarball-'))
  try {
    const folder = join(work, 'content')
    await mkdir(folder)
    await Promise.all([addProgram(folder, { node, work }), addNode(folder, { platform, work })])
    const file = join(out, `${top}.tar.gz`)
    await writeTarFile(file, { folder, top })
    return file
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function addProgram(folder, { node, work }) {
  // From the clone's own, which is mostly there already.
  await compile(ROOT, { node, say: console.error })
  await buildForBrowsers(ROOT, { node, say: console.error })
  await cp(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true, filter: isNotBeingBuilt })
  for (const each of ['migrations', 'deploy', join('docs', 'guide')]) {
    await cp(join(ROOT, each), join(folder, each), { recursive: true, filter: isNotSecret })
  }
  for (const each of ['package.json', 'LICENSE', 'CHANGELOG.md']) await copyFile(join(ROOT, each), join(folder, each))
  await mkdir(join(folder, 'bin'))
  await copyFile(join(ROOT, 'scripts', 'tarball', 'postern.sh'), join(folder, 'bin', 'postern'))
  await chmod(join(folder, 'bin', 'postern'), 0o755)

  const packages = join(work, 'packages')
  await mkdir(packages)
  for (const each of ['package.json', 'package-lock.json']) await copyFile(join(ROOT, each), join(packages, each))
  await npmCi(packages, { node, cache: npmCache(ROOT), what: 'The packages', onlyProduction: true })
  // npm's own notes, and links to programs of packages that nobody calls.
  for (const each of ['.bin', '.package-lock.json']) {
    await rm(join(packages, 'node_modules', each), { recursive: true, force: true })
  }
  // What the driver of Oracle has compiled is for the client libraries of the vendor, which the gateway never loads.
  await rm(join(packages, 'node_modules', 'oracledb', 'build'), { recursive: true, force: true })
  await refuseNativeCode(join(packages, 'node_modules'))
  await rename(join(packages, 'node_modules'), join(folder, 'node_modules'))
}

/** A folder for browsers is built beside its place, under its name and an ending. */
function isNotBeingBuilt(path) {
  return !/[\\/]dist[\\/](console|docs)[.][^\\/]*$/.test(path)
}

/** What prepare.sh makes for a cluster of this clone. */
function isNotSecret(path) {
  return !/[\\/]cluster[\\/](secrets|\.env)$/.test(path)
}

/** Compiled code would be that of the machine that packs. */
async function refuseNativeCode(folder) {
  const native = (await readdir(folder, { recursive: true })).find((path) => path.endsWith('.node'))
  if (native === undefined) return
  throw new SetupError(`node_modules/${native} is compiled for one platform.`, {
    advice: 'A tarball carries JavaScript and Node only: leave that package out.',
  })
}

async function addNode(folder, { platform, work }) {
  const unpacked = await fetchNodeBuild(TARBALL_NODES[platform], {
    work: await mkdtemp(join(work, 'node-')),
    cache: npmCache(ROOT),
  })
  await mkdir(join(folder, 'node', 'bin'), { recursive: true })
  await copyFile(join(unpacked, 'LICENSE'), join(folder, 'node', 'LICENSE'))
  const program = join(folder, 'node', 'bin', 'node')
  await copyFile(join(unpacked, 'bin', 'node'), program)
  await chmod(program, 0o755)
  const file = await open(program)
  try {
    const { buffer } = await file.read(Buffer.alloc(64), 0, 64, 0)
    if (isProgramFor(platform, buffer)) return
  } finally {
    await file.close()
  }
  throw new SetupError(`The Node that was fetched is not one for ${platform}.`, {
    advice: 'Tell the makers of Postern.',
  })
}
