import { copyFile, mkdir, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FOR_BROWSERS } from './build-for-browsers.mjs'
import { runCommand } from './run-command.mjs'
import { SetupError } from './setup-error.mjs'

const COMPILE_DEADLINE_MS = 5 * 60_000
/** The folders of what browsers load, and those that one is being built in. */
const BUILT_APART = new RegExp(`^(${FOR_BROWSERS.map(({ name }) => name).join('|')})($|[.])`)

/** Compiles src/ of the clone `root` into the folder `to`, which is emptied first but for what browsers load, which has a build of its own. */
export async function compile(root, { node, to }) {
  await mkdir(to, { recursive: true })
  for (const name of await readdir(to)) {
    if (!BUILT_APART.test(name)) await rm(join(to, name), { recursive: true, force: true })
  }
  const args = [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json', '--outDir', to]
  const { code, output } = await runCommand(node, args, { cwd: root, timeoutMs: COMPILE_DEADLINE_MS })
  if (code !== 0)
    throw new SetupError('src/ does not compile.', { detail: output, advice: 'Mend it, then build again.' })
  await copySql(join(root, 'src'), to)
}

/** The compiler carries TypeScript only; statements are read from files beside the code at run time. */
async function copySql(from, to) {
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.sql')) continue
    const file = join(entry.parentPath ?? entry.path, entry.name)
    const copy = join(to, file.slice(from.length))
    await mkdir(dirname(copy), { recursive: true })
    await copyFile(file, copy)
  }
}
