import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** A process that was told to end needs a moment; one that was not is still there after it. */
const GRACE_MS = 2_000
const POLL_MS = 50

export interface LeftProcess {
  readonly pid: number
  readonly command: string
}

/**
 * The processes that still carry the mark of `folder`: POSTERN_TEST_RUN in their environment names it or a folder in it,
 * or their command line has a path in it. They get a short grace to finish ending. Linux only; elsewhere nothing is found.
 */
export async function findLeftProcesses(folder: string): Promise<readonly LeftProcess[]> {
  const deadline = performance.now() + GRACE_MS
  for (;;) {
    const left = await markedProcesses(folder)
    if (left.length === 0 || performance.now() > deadline) return left
    await sleep(POLL_MS)
  }
}

/** Ends what was left behind, so that it cannot disturb the tests after it. */
export function killProcesses(left: readonly LeftProcess[]): void {
  for (const { pid } of left) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // Ended by itself in between.
    }
  }
}

async function markedProcesses(folder: string): Promise<readonly LeftProcess[]> {
  if (process.platform !== 'linux') return []
  const mark = `POSTERN_TEST_RUN=${folder}`
  const left: LeftProcess[] = []
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry) || entry === String(process.pid)) continue
    const environment = await readProc(`/proc/${entry}/environ`)
    const commandLine = await readProc(`/proc/${entry}/cmdline`)
    const isMarked = environment.split('\0').some((each) => each === mark || each.startsWith(`${mark}/`))
    // A zombie has neither; it holds nothing but its number.
    if (isMarked || commandLine.includes(`${folder}/`))
      left.push({ pid: Number(entry), command: commandLine.replaceAll('\0', ' ').trim() || 'unknown' })
  }
  return left
}

/** Empty for a process that is gone, or another user's. */
async function readProc(path: string): Promise<string> {
  try {
    return await readFile(path, 'latin1')
  } catch {
    return ''
  }
}
