import { chmod, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { findLeftProcesses, killProcesses } from './leaks.ts'
import { type ProgramEnd, runProgram } from './program.ts'
import type { Failure, Report } from './report.ts'
import { type TestEvent, testEventSchema } from './test-event.ts'

const REPORTER = new URL('event-reporter.ts', import.meta.url).href

export interface TestRun {
  readonly root: string
  /** The run's own folder inside the system's temporary one; its name is the run's mark. */
  readonly folder: string
  /** What fixtures may keep from run to run. */
  readonly cache: string
  /** What the tests run as `postern`, below the root; undefined: the sources, as they are. */
  readonly program?: string | undefined
  readonly deadlineMs: number
  readonly signal: AbortSignal
}

export interface FileReport extends Report {
  /** Titles of what passed, and what the tests said by `context.diagnostic`. */
  readonly passes: readonly string[]
  readonly notes: readonly string[]
}

/**
 * Runs one test file in a process of its own, with a TMPDIR of its own. What it leaves behind there, and every process
 * it leaves running, is a failure of that file; both are cleaned up here.
 */
export async function runTestFile(run: TestRun, path: string, index: number): Promise<FileReport> {
  const folder = join(run.folder, String(index))
  const events = join(run.folder, `${index}.events`)
  await mkdir(folder)
  // Database servers that refuse to be root run as another user and must get through to their own folder.
  await chmod(folder, 0o755)
  const end = await runProgram(process.execPath, argumentsFor(path, events), {
    cwd: run.root,
    env: environmentFor(run, folder),
    deadlineMs: run.deadlineMs,
    signal: run.signal,
  })
  const left = await findLeftProcesses(folder)
  killProcesses(left)
  const files = await readdir(folder)
  const told = await readEvents(events)
  await rm(folder, { recursive: true, force: true })
  const failures = [...told.flatMap(failureOf), ...wholeFileFailures({ run, path, end, told })]
  for (const { pid, command } of left)
    failures.push({ title: 'leaves no process', text: `left running: ${pid} ${command}` })
  if (files.length > 0) failures.push({ title: 'leaves no file', text: `left in its TMPDIR: ${files.join(', ')}` })
  const passes = told.flatMap((event) => (event.kind === 'passed' ? [event.title] : []))
  return {
    name: path,
    passed: passes.length,
    passes,
    notes: told.flatMap((event) => (event.kind === 'note' ? [event.text] : [])),
    failures,
    skips: told.flatMap((event) => (event.kind === 'skipped' ? [{ title: event.title, reason: event.reason }] : [])),
    output: end.output,
    ms: end.ms,
  }
}

function argumentsFor(path: string, events: string): readonly string[] {
  return [
    '--disable-warning=ExperimentalWarning',
    `--test-reporter=${REPORTER}`,
    `--test-reporter-destination=${events}`,
    path,
  ]
}

function environmentFor(run: TestRun, folder: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    TMPDIR: folder,
    POSTERN_TEST_RUN: folder,
    POSTERN_TEST_CACHE: run.cache,
    POSTERN_TEST_PROGRAM: run.program,
    // Kept from run to run: a command then takes 0.3 s and not 0.75 s of processor time, and a run starts hundreds.
    // Not in the temporary folder, where it would be taken for a file left behind.
    NODE_COMPILE_CACHE: join(run.cache, 'compiled'),
  }
}

function failureOf(event: TestEvent): Failure[] {
  if (event.kind !== 'failed') return []
  const text = event.error === '' ? 'a test inside it failed' : event.error
  return [{ title: event.title, text: event.place === '' ? text : `${text}\nat ${event.place}` }]
}

/** What no single test can tell: the file hung, crashed, or has no test in it. */
function wholeFileFailures(of: { run: TestRun; path: string; end: ProgramEnd; told: readonly TestEvent[] }): Failure[] {
  const { run, end, told } = of
  if (run.signal.aborted) return [{ title: 'runs to its end', text: 'interrupted' }]
  if (end.timedOut) {
    return [{ title: 'ends in time', text: `not at its end after ${run.deadlineMs / 1000} s; ${whatWasRunning(told)}` }]
  }
  const ended = told.filter(isEnd)
  const failed = told.some(({ kind }) => kind === 'failed')
  if (end.code !== 0 && !failed) {
    return [{ title: 'runs to its end', text: `ended with ${end.code ?? 'a signal'} although no test failed` }]
  }
  return ended.length === 0 ? [{ title: 'has tests', text: 'no test was run' }] : []
}

const isEnd = (event: TestEvent) => event.kind !== 'started' && event.kind !== 'note'

function whatWasRunning(told: readonly TestEvent[]): string {
  const ended = new Set(told.flatMap((event) => (isEnd(event) ? [lastPart(event.title)] : [])))
  const running = told.flatMap((event) => (event.kind === 'started' && !ended.has(event.title) ? [event.title] : []))
  if (running.length > 0) return `running: ${running.join('; ')}`
  return 'every test had ended, but something (a timer, a socket, a server) keeps the process alive'
}

function lastPart(title: string): string {
  return title.split(' › ').at(-1) ?? title
}

async function readEvents(path: string): Promise<readonly TestEvent[]> {
  const text = await readFile(path, 'utf8').catch(() => '')
  // The last line may be cut short where the process was killed.
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line) => testEventSchema.parse(JSON.parse(line)))
}
