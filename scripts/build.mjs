/** npm run build — compiles src/ to dist/, which is what the published package runs. npm pack and npm publish do it first. */
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { prepare, ROOT, reportFailure } from './setup/prepare.mjs'
import { runCommand } from './setup/run-command.mjs'
import { SetupError } from './setup/setup-error.mjs'

const COMPILE_DEADLINE_MS = 5 * 60_000

try {
  await build(await prepare({ say: console.error }))
} catch (error) {
  reportFailure(error)
  process.exitCode = 1
}

async function build(node) {
  await rm(join(ROOT, 'dist'), { recursive: true, force: true })
  const args = [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json']
  const { code, output } = await runCommand(node, args, { cwd: ROOT, timeoutMs: COMPILE_DEADLINE_MS })
  if (code !== 0)
    throw new SetupError('src/ does not compile.', { detail: output, advice: 'Mend it, then build again.' })
  await copySql(join(ROOT, 'src'), join(ROOT, 'dist'))
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
