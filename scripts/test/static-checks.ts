import { join } from 'node:path'
import { type ProgramOptions, runProgram } from './program.ts'
import type { Report } from './report.ts'

const DEADLINE_MS = 3 * 60_000

interface StaticCheck {
  readonly name: string
  /** What it looks for, as the title of its failure. */
  readonly title: string
  readonly command: readonly [program: string, ...args: string[]]
}

/** Checkers of the compiler that run side by side do a part of their work twice; the processors have enough else to do. */
const ONE_CHECKER = ['--checkers', '1'] as const

/** Each counts as one test. */
export const STATIC_CHECKS: readonly StaticCheck[] = [
  { name: 'types', title: 'the types fit', command: ['tsc', '--pretty', 'false', ...ONE_CHECKER] },
  {
    name: 'types of the console',
    title: 'the types of the console fit',
    command: ['tsc', '-p', 'console', '--pretty', 'false', ...ONE_CHECKER],
  },
  { name: 'lint', title: 'no lint warning', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  {
    name: 'format',
    title: 'formatted (mend with: npx biome format --write .)',
    command: ['biome', 'format', '--colors=off'],
  },
  { name: 'unused', title: 'nothing unused, nothing undeclared', command: ['knip', '--no-progress'] },
]

export async function runStaticCheck(
  check: StaticCheck,
  run: Pick<ProgramOptions, 'signal'> & { root: string },
): Promise<Report> {
  const [program, ...args] = check.command
  const end = await runProgram(join(run.root, 'node_modules', '.bin', program), args, {
    cwd: run.root,
    env: process.env,
    deadlineMs: DEADLINE_MS,
    signal: run.signal,
  })
  const ok = end.code === 0
  const text = end.timedOut ? `not at its end after ${DEADLINE_MS / 1000} s` : check.command.join(' ')
  return {
    name: check.name,
    passed: ok ? 1 : 0,
    failures: ok ? [] : [{ title: check.title, text }],
    skips: [],
    output: end.output,
    ms: end.ms,
  }
}
