/** The tests themselves, on Node 24, after the set-up: `main.ts [PATTERN…]`. See scripts/test.mjs. */
import { chmod, glob, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findLeftProcesses, killProcesses } from './leaks.ts'
import { runPool } from './pool.ts'
import { countAll, formatReport, formatSummary, type Report } from './report.ts'
import { runStaticCheck, STATIC_CHECKS } from './static-checks.ts'
import { type FileReport, runTestFile, type TestRun } from './test-file.ts'

/**
 * One more than the two processors that the deadline of all tests counts with: a quarter of their time is waiting.
 * `npm run test:faults` takes one at a time: each of them needs the whole machine.
 */
const CONCURRENCY = Number(process.env['POSTERN_TEST_CONCURRENCY'] ?? 3)
/** For one file; `npm run test:faults` gives more. */
const FILE_DEADLINE_MS = Number(process.env['POSTERN_FILE_DEADLINE_MS'] ?? 4 * 60_000)

const root = join(import.meta.dirname, '..', '..')
await main(process.argv.slice(2))

async function main(patterns: readonly string[]): Promise<void> {
  const run = await startRun()
  const checks = patterns.length === 0 ? STATIC_CHECKS : []
  const files = await testFiles(patterns)
  const jobs: readonly (() => Promise<Report>)[] = [
    ...checks.map((check) => async () => print(await runStaticCheck(check, run))),
    ...files.map((path, index) => async () => printNotes(print(await runTestFile(run, path, index)))),
  ]
  const reports = await runPool(jobs, CONCURRENCY, (job) => job())
  const left = await endRun(run)
  if (left.failures.length > 0) reports.push(print(left))
  const { passed, failed } = countAll(reports)
  if (files.length === 0) console.log(`No test file matches: ${patterns.join(' ')}`)
  console.log(formatSummary(reports))
  process.exitCode = run.signal.aborted ? 130 : failed > 0 || passed === 0 || files.length === 0 ? 1 : 0
}

async function startRun(): Promise<TestRun> {
  const cache = join(root, '.tools', 'cache')
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(tmpdir(), 'postern-test-'))
  await chmod(folder, 0o755)
  const program = process.env['POSTERN_TEST_PROGRAM']
  return { root, folder, cache, program, deadlineMs: FILE_DEADLINE_MS, signal: interruption() }
}

/** After Ctrl-C the running files are ended, the others not begun, and the counts are printed all the same. */
function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => controller.abort())
  return controller.signal
}

/** Those that last longest first, by their folder or as the names say: the short ones fill what remains. */
async function testFiles(patterns: readonly string[]): Promise<readonly string[]> {
  const all: string[] = []
  for await (const path of glob('test/**/*.test.ts', { cwd: root })) all.push(path)
  const wanted = all.filter((path) => patterns.length === 0 || patterns.some((pattern) => path.includes(pattern)))
  return wanted.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
}

function sortKey(path: string): string {
  return /^test\/(e2e|console)\/|-(package|store)\.test\.ts$/.test(path) ? `0${path}` : `1${path}`
}

/** The last look, at the whole run: what began only after its own file had been looked at. */
async function endRun(run: TestRun): Promise<Report> {
  const started = performance.now()
  const left = await findLeftProcesses(run.folder)
  killProcesses(left)
  const files = (await readdir(run.folder)).filter((name) => !name.endsWith('.events'))
  await rm(run.folder, { recursive: true, force: true })
  const failures = [
    ...left.map(({ pid, command }) => ({ title: 'leaves no process', text: `left running: ${pid} ${command}` })),
    ...(files.length > 0 ? [{ title: 'leaves no file', text: `left in ${run.folder}: ${files.join(', ')}` }] : []),
  ]
  return { name: 'after all tests', passed: 0, failures, skips: [], output: '', ms: performance.now() - started }
}

function print<R extends Report>(report: R): R {
  console.log(formatReport(report))
  return report
}

/** What the tests said besides: `npm run test:faults` wants to see it. */
function printNotes(report: FileReport): Report {
  if (process.env['POSTERN_SHOW_NOTES'] !== undefined) for (const note of report.notes) console.log(`  ${note}`)
  return report
}
