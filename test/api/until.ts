import { setTimeout as pause } from 'node:timers/promises'

/** Looks again and again; throws where it does not become true in time. */
export async function until(isTrue: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms`)
    await pause(5)
  }
}
