import { copyFile, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FOR_BROWSERS } from './build-for-browsers.mjs'
import { digestOf, isBuilt, STAMP } from './build-folder.mjs'
import { runCommand } from './run-command.mjs'
import { SetupError } from './setup-error.mjs'
import { withSetupLock } from './setup-lock.mjs'

const COMPILE_DEADLINE_MS = 5 * 60_000
/** The folders of what browsers load, and those that one is being built in. */
const BUILT_APART = new RegExp(`^(${FOR_BROWSERS.map(({ name }) => name).join('|')})($|[.])`)

const BUNDLE = join('scripts', 'setup', 'bundle')
/** What is not named here must not change what is made. */
const SOURCES = ['package.json', 'package-lock.json', 'src', BUNDLE, join('scripts', 'setup', 'compile.mjs')]
/** Whoever puts another package there has another program. */
const PACKAGES = join('node_modules', '.package-lock.json')

/**
 * Compiles src/ of the clone `root` into its dist/, where that was made from other sources. It is emptied first but for
 * what browsers load, which has a build of its own. Does not look at the types. Safe to run twice at the same time.
 */
export async function compile(root, { node, say }) {
  const to = join(root, 'dist')
  const mark = await beginMark(root)
  try {
    const wanted = await digestOf(root, SOURCES)
    if (!(await isBuilt(to, wanted))) await withSetupLock(root, { say }, () => build(root, { node, to, wanted }))
    await rename(mark, markOf(root))
  } finally {
    await rm(mark, { force: true })
  }
}

async function build(root, { node, to, wanted }) {
  if (await isBuilt(to, wanted)) return
  await mkdir(to, { recursive: true })
  // The stamp goes first: what is cut short must not look finished.
  for (const file of [markOf(root), join(to, STAMP)]) await rm(file, { force: true })
  for (const name of await readdir(to)) {
    if (!BUILT_APART.test(name)) await rm(join(to, name), { recursive: true, force: true })
  }
  await bundle(root, { node, to })
  await copySql(join(root, 'src'), to)
  await writeFile(join(to, STAMP), wanted)
}

/** What bin/postern looks at: whatever was touched later than this file is not in dist/. */
const markOf = (root) => join(root, '.tools', 'program-built')

/**
 * Before anything is read, so that what is edited meanwhile is later. It names itself: a copy of the clone, whose files have
 * other dates, has another one.
 */
async function beginMark(root) {
  await mkdir(join(root, '.tools'), { recursive: true })
  const path = `${markOf(root)}.${process.pid}`
  const file = await open(path, 'w')
  try {
    const { ino } = await file.stat()
    await file.writeFile(`${ino}\n${[...SOURCES, PACKAGES].join(' ')}\n`)
  } finally {
    await file.close()
  }
  return path
}

async function bundle(root, { node, to }) {
  const args = [join(root, BUNDLE, 'bundle.mjs'), root, to]
  const { code, output } = await runCommand(node, args, { cwd: root, timeoutMs: COMPILE_DEADLINE_MS })
  if (code !== 0)
    throw new SetupError('src/ does not compile.', { detail: output, advice: 'Mend it, then build again.' })
}

/** The bundler carries code only; statements are read from files beside it at run time. */
async function copySql(from, to) {
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.sql')) continue
    const file = join(entry.parentPath ?? entry.path, entry.name)
    const copy = join(to, file.slice(from.length))
    await mkdir(dirname(copy), { recursive: true })
    await copyFile(file, copy)
  }
}
