/*
 * Loaded into a process by `--import`, with `--expose-gc` and a channel to its parent: tells what it holds when nothing more
 * can be collected. The channel alone does not keep the process alive.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** The first frees what the second finds freed by finalizers; the last resort also gives unused pages back to the system. */
const COLLECTIONS = 4
const BETWEEN_MS = 50
const PAGE_BYTES = 4_096

if (process.send !== undefined) {
  process.on('message', (message) => {
    if (message === 'memory') void tell()
  })
  process.channel?.unref()
}

async function tell(): Promise<void> {
  for (let i = 0; i < COLLECTIONS; i++) {
    globalThis.gc?.({ type: 'major', flavor: 'last-resort' })
    await sleep(BETWEEN_MS)
  }
  const { heapUsed, external } = process.memoryUsage()
  // Not from memoryUsage(): that of a process with threads counts nothing else.
  const pages = Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[1])
  process.send?.({ rssBytes: pages * PAGE_BYTES, heapBytes: heapUsed + external })
}
