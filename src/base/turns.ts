import { setImmediate } from 'node:timers/promises'

/** Resolves when the caller may do its next slice of work, of some milliseconds. */
export type Turns = () => Promise<void>

/** Of all who wait one goes on in each round of the event loop: however many they are, nobody else is late. */
export function createTurns(): Turns {
  let last: Promise<void> = Promise.resolve()
  return () => {
    last = last.then(() => setImmediate())
    return last
  }
}
