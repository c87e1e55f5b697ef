import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { z } from 'zod'

/** A process of the bench that answers one request after the other. */
export interface Child extends AsyncDisposable {
  readonly pid: number
  /** Rejects where the work failed or the process ended. */
  ask(request: unknown): Promise<unknown>
}

const answer = z.union([z.object({ failure: z.string() }), z.object({ value: z.unknown() })])
const ANSWER_MS = 10 * 60_000
const STOP_MS = 5_000
const FAILED = 1

export interface ChildOptions {
  /** Goes over a pipe and not onto the command line: it has passwords. */
  readonly setup: unknown
  readonly nodeArgs?: readonly string[]
  /** Takes what the process says, instead of the terminal. */
  readonly logFile?: string
}

/** Starts `bench/<file>`, which calls `serveParent`; resolves when it is ready. It ends with this process. */
export async function startChild(file: string, { setup, nodeArgs = [], logFile }: ChildOptions): Promise<Child> {
  const said = logFile === undefined ? 'inherit' : openSync(logFile, 'a')
  const child = fork(new URL(file, import.meta.url), {
    // What users of each of them run it with in earnest.
    env: { ...process.env, NODE_ENV: 'production' },
    execArgv: ['--disable-warning=ExperimentalWarning', ...nodeArgs],
    stdio: ['ignore', said, said, 'ipc'],
  })
  if (typeof said === 'number') closeSync(said)
  const ask = (request: unknown) => askChild(child, request)
  try {
    await ask(setup)
  } catch (error) {
    await end(child)
    throw error
  }
  const { pid } = child
  if (pid === undefined) throw new Error(`${file} could not be started`)
  return { pid, ask, [Symbol.asyncDispose]: () => end(child) }
}

async function askChild(child: ChildProcess, request: unknown): Promise<unknown> {
  const stopped = new AbortController()
  const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(ANSWER_MS)])
  const gone = once(child, 'exit', { signal }).then(() => {
    throw new Error('a process of the bench ended before it answered')
  })
  const said = once(child, 'message', { signal })
  child.send({ request })
  try {
    const messages: unknown[] = await Promise.race([said, gone])
    const parsed = answer.parse(messages[0])
    if ('failure' in parsed) throw new Error(parsed.failure)
    return parsed.value
  } finally {
    stopped.abort()
    await Promise.allSettled([said, gone])
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  if (child.connected) child.disconnect()
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await exited
  clearTimeout(timer)
}

/** The other end: `start` gets the set-up and makes what answers each request. When the parent goes, so does this process. */
export function serveParent(start: (setup: unknown) => Promise<(request: unknown) => Promise<unknown>>): void {
  let handler: ((request: unknown) => Promise<unknown>) | undefined
  const handle = async (message: unknown) => {
    const { request } = z.object({ request: z.unknown() }).parse(message)
    if (handler !== undefined) return handler(request)
    handler = await start(request)
    return undefined
  }
  process.on('disconnect', () => process.exit())
  process.on('message', (message) => {
    handle(message).then(
      (value) => process.send?.({ value: value ?? null }),
      (error: unknown) => {
        const failure = error instanceof Error ? (error.stack ?? error.message) : String(error)
        process.send?.({ failure }, () => (handler === undefined ? process.exit(FAILED) : undefined))
      },
    )
  })
}
