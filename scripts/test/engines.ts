/**
 * npm run test:engines [-- ENGINE…]: every file of test/engines/, or those of some engines, and a table of what they ran
 * against. The last line is always `N passed, N failed, N skipped`.
 */
import { chmod, glob, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VERSIONS_VARIABLE } from '../../test/engines/postgresql-versions.ts'
import { engineOf, engineTable } from './engines-table.ts'
import { runPool } from './pool.ts'
import { readablePrograms } from './readable-programs.ts'
import { countAll, formatReport } from './report.ts'
import { runTestFile } from './test-file.ts'

const CONCURRENCY = 2
const FILE_DEADLINE_MS = 8 * 60_000

const root = join(import.meta.dirname, '..', '..')
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())
await main(process.argv.slice(2).map((name) => name.toLowerCase()))

async function main(engines: readonly string[]): Promise<void> {
  const files: string[] = []
  for await (const path of glob('test/engines/*.test.ts', { cwd: root })) files.push(path)
  const wanted = files.filter((path) => engines.length === 0 || namesOf(path).some((name) => engines.includes(name)))
  const cache = join(root, '.tools', 'cache')
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(tmpdir(), 'postern-engines-'))
  await chmod(folder, 0o755)
  try {
    const versions = process.env[VERSIONS_VARIABLE]
    if (versions !== undefined) process.env[VERSIONS_VARIABLE] = await readablePrograms(versions, folder)
    const run = { root, folder, cache, deadlineMs: FILE_DEADLINE_MS, signal: stop.signal }
    const reports = await runPool([...wanted.toSorted().entries()], CONCURRENCY, async ([index, path]) => {
      const report = await runTestFile(run, path, index)
      console.log(formatReport(report))
      return report
    })
    if (reports.length === 0) console.log(`No engine is called: ${engines.join(', ')}`)
    else console.log(engineTable(reports))
    const { passed, failed, skipped } = countAll(reports)
    console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`)
    process.exitCode = stop.signal.aborted ? 130 : failed > 0 || passed === 0 ? 1 : 0
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What somebody may call the engine of a file: its own name, or the beginning of the file's. */
function namesOf(path: string): readonly string[] {
  return [engineOf(path).toLowerCase(), /([a-z]+)[^/]*$/.exec(path)?.[1] ?? '']
}
