import { setTimeout } from 'node:timers/promises'

const DEADLINE_MS = 10_000

/** Waits until the condition holds; fails after a generous deadline. */
export async function eventually(what: string, condition: () => boolean): Promise<void> {
  const until = performance.now() + DEADLINE_MS
  while (!condition()) {
    if (performance.now() > until) throw new Error(`not within ${DEADLINE_MS} ms: ${what}`)
    await setTimeout(1)
  }
}
