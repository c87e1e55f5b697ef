import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** A program of this folder as a process of its own; `shell` is a script that ends in `exec "$0" "$@"`. */
export function startChild(file: string, { args, shell }: { args: readonly string[]; shell?: string }) {
  const path = new URL(file, import.meta.url).pathname
  const stdio = ['ignore', 'pipe', 'pipe'] as const
  if (shell === undefined) return spawn(process.execPath, [path, ...args], { stdio: [...stdio] })
  return spawn('sh', ['-c', shell, process.execPath, path, ...args], { stdio: [...stdio] })
}

/** Its exit code and all that it said. */
export async function ended(child: ReturnType<typeof startChild>): Promise<{ code: number | null; output: string }> {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => (output += data.toString()))
  await once(child, 'close')
  return { code: child.exitCode, output }
}
