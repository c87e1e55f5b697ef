/**
 * npm run test:planted [-- ROW… | console]: makes each planted break of test/planted.ts in a copy of the sources, one at a time,
 * and runs the test that must catch it. The last line is always `N passed, N failed, N skipped`.
 */
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PLANTS, type Plant } from '../../test/planted.ts'
import { runProgram } from './program.ts'
import { runPool } from './pool.ts'
import { runTestFile } from './test-file.ts'

const CONCURRENCY = 2
const FILE_DEADLINE_MS = 4 * 60_000
const COPIED = ['src', 'console', 'test', 'migrations', 'scripts', 'bin', 'package.json', 'tsconfig.json']

const root = join(import.meta.dirname, '..', '..')
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort())
await main(process.argv.slice(2))

async function main(asked: readonly string[]): Promise<void> {
  const wanted = PLANTS.filter((plant) => asked.length === 0 || asked.includes(ruleOf(plant)))
  const folder = await mkdtemp(join(tmpdir(), 'postern-planted-'))
  try {
    const verdicts = await runPool([...wanted.entries()], CONCURRENCY, ([index, plant]) =>
      check(plant, join(folder, String(index))),
    )
    const caught = verdicts.filter(Boolean).length
    console.log(`\n${caught} passed, ${verdicts.length - caught} failed, 0 skipped`)
    process.exitCode = caught === verdicts.length && caught > 0 ? 0 : 1
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What one names it by. */
function ruleOf(plant: Plant): string {
  return 'row' in plant ? String(plant.row) : plant.part
}

/** True where a test of that row, or the one that is named, fails with the break in place. */
async function check(plant: Plant, folder: string): Promise<boolean> {
  const copy = join(folder, 'clone')
  const temporary = join(folder, 'run')
  await mkdir(temporary, { recursive: true, mode: 0o755 })
  for (const path of COPIED) await cp(join(root, path), join(copy, path), { recursive: true })
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  const file = join(copy, plant.file)
  await writeFile(
    file,
    (await readFile(file, 'utf8')).replace(plant.find, () => plant.replace),
  )
  await provideConsole(copy, plant.file.startsWith('console/'))
  const cache = join(root, '.tools', 'cache')
  await mkdir(cache, { recursive: true })
  const run = { root: copy, folder: temporary, cache, deadlineMs: FILE_DEADLINE_MS, signal: stop.signal }
  const report = await runTestFile(run, plant.caughtBy, 0)
  const wanted = 'row' in plant ? `row ${plant.row}:` : plant.title
  const caught = report.failures.some(({ title }) => title.includes(wanted))
  console.log(
    `${caught ? 'caught' : 'NOT CAUGHT'}  ${'row' in plant ? 'row ' : ''}${ruleOf(plant)}: ${plant.breaks} (${(report.ms / 1000).toFixed(1)} s)`,
  )
  if (!caught)
    console.log(
      report.failures.map(({ title, text }) => `  ${title}: ${text.slice(0, 300)}`).join('\n') || '  every test passed',
    )
  await rm(folder, { recursive: true, force: true })
  return caught
}

/** What browsers load: that of the clone, or built of the copy. */
async function provideConsole(copy: string, isBroken: boolean): Promise<void> {
  const built = join('dist', 'console')
  await mkdir(join(copy, 'dist'))
  if (!isBroken) {
    if (existsSync(join(root, built))) await symlink(join(root, built), join(copy, built))
    return
  }
  const end = await runProgram(
    process.execPath,
    [join('scripts', 'setup', 'vite-build.mjs'), copy, join(copy, built)],
    {
      cwd: copy,
      env: process.env,
      deadlineMs: FILE_DEADLINE_MS,
      signal: stop.signal,
    },
  )
  if (end.code !== 0) throw new Error(`the console with the break in it cannot be built:\n${end.output}`)
}
