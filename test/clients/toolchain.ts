import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { z } from 'zod'

/** How the program of one language gets its clients, is built and is started. */
export interface Toolchain {
  readonly language: 'Python' | 'Go' | 'Java'
  /** Folder under test/clients/ with the program and the manifest of its clients. */
  readonly source: string
  readonly manifest: string
  /** Commands that say their version where they are installed. */
  readonly tools: readonly (readonly string[])[]
  /** Whether `npm test` runs it too, where its clients are installed already. */
  readonly inShortRun: boolean
  /** Fetches the clients with the default settings of the language's own tool. Rejects where there is no network. */
  fetch(place: Place): Promise<void>
  /** Compiles the program; nothing is fetched. */
  build(place: Place): Promise<void>
  /** What starts it. */
  command(place: Place): readonly [string, ...string[]]
}

export interface Place {
  /** The program and its manifest. */
  readonly source: string
  /** What the tool fetched and may use again. */
  readonly fetched: string
  /** What the program runs from. */
  readonly built: string
}

const output = z.object({ stdout: z.string(), stderr: z.string() })
const DEADLINE_MS = 5 * 60_000
const MAX_OUTPUT = 16 * 1024 * 1024

/** Runs a tool to its end. Rejects with the end of what it said. */
export async function runTool(
  [program = '', ...args]: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const env = { ...process.env, ...options.env }
  const limits = { timeout: DEADLINE_MS, maxBuffer: MAX_OUTPUT, killSignal: 'SIGKILL' } as const
  try {
    await promisify(execFile)(program, args, { cwd: options.cwd, env, ...limits })
  } catch (cause) {
    throw new Error(`${program} ${args[0] ?? ''}: ${lastWords(cause)}`, { cause })
  }
}

function lastWords(error: unknown): string {
  const { stderr, stdout } = output.safeParse(error).data ?? { stderr: '', stdout: '' }
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '')
  return lines.length > 0 ? lines.slice(-3).join(' ').slice(-500) : String(error)
}
