import { spawn } from 'node:child_process'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '..', '..')

const DEADLINE_MS = 120_000

export interface ScriptEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface ScriptOptions {
  readonly cwd?: string
  /** Added to the environment of the test. */
  readonly env?: NodeJS.ProcessEnv
  /** Called with all of stdout so far. */
  readonly onOutput?: (stdout: string, pid: number) => void
}

/** Runs a program to its end, both streams kept apart; it is killed where it lasts longer than two minutes. */
export function runScript(command: string, args: readonly string[], options: ScriptOptions = {}): Promise<ScriptEnd> {
  const { promise, resolve, reject } = Promise.withResolvers<ScriptEnd>()
  const child = spawn(command, args, {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
    options.onOutput?.(stdout, child.pid ?? 0)
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  child.on('error', reject)
  child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  return promise
}

/** A module of the set-up is plain JavaScript without types: it is run as what it is, a program. */
export function runModule(source: string, options: ScriptOptions = {}): Promise<ScriptEnd> {
  return runScript(process.execPath, ['--input-type=module', '--eval', source], options)
}
