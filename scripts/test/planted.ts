/**
 * npm run test:planted [-- ROW… | console]: makes each planted break of test/planted.ts in a copy of the sources, one at a time,
 * and runs the test that must catch it, and must pass without it. The last line is always `N passed, N failed, N skipped`.
 */
import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PLANTS, type Plant } from '../../test/planted.ts'
import { runProgram } from './program.ts'
import { runPool } from './pool.ts'
import { runTestFile } from './test-file.ts'

const CONCURRENCY = 2
const FILE_DEADLINE_MS = 4 * 60_000
const COPIED = ['src', 'console', 'test', 'docs', 'migrations', 'scripts', 'bin', 'package.json', 'tsconfig.json']

const root = join(import.meta.dirname, '..', '..')
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort())
await main(process.argv.slice(2))

async function main(asked: readonly string[]): Promise<void> {
  const wanted = PLANTS.filter((plant) => asked.length === 0 || asked.includes(ruleOf(plant)))
  const folder = await mkdtemp(join(tmpdir(), 'postern-planted-'))
  // The servers of some tests run as nobody.
  await chmod(folder, 0o755)
  try {
    const files = [...new Set(wanted.map(({ caughtBy }) => caughtBy))]
    const failing = new Set<string>()
    await runPool([...files.entries()], CONCURRENCY, async ([index, file]) => {
      if (!(await passesUnbroken(file, join(folder, `unbroken-${index}`)))) failing.add(file)
    })
    const verdicts = await runPool([...wanted.entries()], CONCURRENCY, async ([index, plant]) => {
      if (!failing.has(plant.caughtBy)) return check(plant, join(folder, String(index)))
      console.log(`NOT TRIED  ${nameOf(plant)}: ${plant.caughtBy} fails without the break too`)
      return false
    })
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

function nameOf(plant: Plant): string {
  return `${'row' in plant ? 'row ' : ''}${ruleOf(plant)}: ${plant.breaks}`
}

/** Else its failure would tell nothing about a break. */
async function passesUnbroken(file: string, folder: string): Promise<boolean> {
  const { failures } = await runInCopy(file, { folder, plant: undefined })
  for (const { title, text } of failures) console.log(`UNBROKEN  ${file}: ${title}: ${text.slice(0, 300)}`)
  return failures.length === 0
}

/** True where a test of that row, or the one that is named, fails with the break in place. */
async function check(plant: Plant, folder: string): Promise<boolean> {
  const { failures, ms } = await runInCopy(plant.caughtBy, { folder, plant })
  const wanted = 'row' in plant ? `row ${plant.row}:` : plant.title
  const caught = failures.some(({ title }) => title.includes(wanted))
  console.log(`${caught ? 'caught' : 'NOT CAUGHT'}  ${nameOf(plant)} (${(ms / 1000).toFixed(1)} s)`)
  if (!caught)
    console.log(
      failures.map(({ title, text }) => `  ${title}: ${text.slice(0, 300)}`).join('\n') || '  every test passed',
    )
  return caught
}

/** Runs a test file in a copy of the sources, with the break in place where there is one. */
async function runInCopy(
  test: string,
  { folder, plant }: { readonly folder: string; readonly plant: Plant | undefined },
): ReturnType<typeof runTestFile> {
  const copy = join(folder, 'clone')
  const temporary = join(folder, 'run')
  await mkdir(temporary, { recursive: true, mode: 0o755 })
  for (const path of COPIED) await cp(join(root, path), join(copy, path), { recursive: true })
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  if (plant !== undefined) {
    const file = join(copy, plant.file)
    const text = await readFile(file, 'utf8')
    await writeFile(
      file,
      text.replace(plant.find, () => plant.replace),
    )
  }
  await provideConsole(copy, plant?.file.startsWith('console/') === true)
  const cache = join(root, '.tools', 'cache')
  await mkdir(cache, { recursive: true })
  const run = { root: copy, folder: temporary, cache, deadlineMs: FILE_DEADLINE_MS, signal: stop.signal }
  const report = await runTestFile(run, test, 0)
  await rm(folder, { recursive: true, force: true })
  return report
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
