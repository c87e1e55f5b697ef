import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { z } from 'zod'
import { type Running, watchProcess } from '../../test/fixtures/process.ts'

const memory = z.object({ rssBytes: z.number(), heapBytes: z.number() })
/** `heapBytes`: what is in use of the heap and of buffers beside it. */
export type Memory = z.output<typeof memory>

const ANSWER_MS = 60_000
const PROBE = new URL('memory-probe.ts', import.meta.url).href

/** A Node process that tells what it holds. */
export interface ProbedProcess {
  readonly running: Running
  memory(): Promise<Memory>
}

export function startProbed(args: readonly string[]): ProbedProcess {
  const nodeArgs = ['--disable-warning=ExperimentalWarning', '--expose-gc', '--import', PROBE]
  const child = spawn(process.execPath, [...nodeArgs, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  return { running: watchProcess(child), memory: () => ask(child) }
}

async function ask(child: ChildProcess): Promise<Memory> {
  const said: Promise<unknown[]> = once(child, 'message', { signal: AbortSignal.timeout(ANSWER_MS) })
  child.send('memory')
  const [message] = await said
  return memory.parse(message)
}
