import { spawn } from 'node:child_process'

const KEPT_OUTPUT = 64 * 1024
const KILL_AFTER_MS = 5_000

export interface ProgramOptions {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  readonly deadlineMs: number
  /** Ends the program and everything in its process group. */
  readonly signal: AbortSignal
}

export interface ProgramEnd {
  /** Undefined when it was ended by a signal or could not be started. */
  readonly code: number | undefined
  readonly timedOut: boolean
  /** The end of what it printed, both streams in the order of arrival. */
  readonly output: string
  readonly ms: number
}

/** Runs a program in a process group of its own; past its deadline the whole group gets SIGTERM, then SIGKILL. */
export function runProgram(command: string, args: readonly string[], options: ProgramOptions): Promise<ProgramEnd> {
  const started = performance.now()
  if (options.signal.aborted) return Promise.resolve({ code: undefined, timedOut: false, output: 'not begun', ms: 0 })
  const { promise, resolve } = Promise.withResolvers<ProgramEnd>()
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let timedOut = false
  let killTimer: NodeJS.Timeout | undefined
  const keep = (chunk: string) => {
    output = (output + chunk).slice(-KEPT_OUTPUT)
  }
  const end = () => {
    signalGroup(child.pid, 'SIGTERM')
    killTimer ??= setTimeout(() => {
      signalGroup(child.pid, 'SIGKILL')
      // A process that left the group may still hold the pipes; waiting for it could last forever.
      child.stdout.destroy()
      child.stderr.destroy()
    }, KILL_AFTER_MS)
  }
  const deadline = setTimeout(() => {
    timedOut = true
    end()
  }, options.deadlineMs)
  options.signal.addEventListener('abort', end, { once: true })
  const finish = (code: number | undefined) => {
    clearTimeout(deadline)
    clearTimeout(killTimer)
    options.signal.removeEventListener('abort', end)
    resolve({ code, timedOut, output: output.trimEnd(), ms: performance.now() - started })
  }
  child.stdout.setEncoding('utf8').on('data', keep)
  child.stderr.setEncoding('utf8').on('data', keep)
  child.on('error', (error) => {
    keep(`\n${command} could not be started: ${error.message}`)
    finish(undefined)
  })
  // A process left behind can hold the pipes open long after the program itself has ended.
  child.on('exit', () => {
    killTimer ??= setTimeout(() => {
      child.stdout.destroy()
      child.stderr.destroy()
    }, KILL_AFTER_MS)
  })
  child.on('close', (code) => finish(code ?? undefined))
  return promise
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // The group is gone already, which is what was wanted.
  }
}
