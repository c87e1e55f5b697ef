import { setImmediate } from 'node:timers/promises'

/** Resolves when the caller may do its next slice of work, of some milliseconds. */
export type Turns = () => Promise<void>

/** So many rounds are left to others at a time: however many come, those who wait go on. */
const MOST_ROUNDS_LEFT = 4

/**
 * Lets one of those who wait go on in each round of the event loop, in the order of their coming, so that long work in slices
 * holds up nobody else. While `othersCame()` is true up to 4 more rounds are left to the others.
 */
export function createTurns(othersCame: () => boolean = () => false): Turns {
  let last: Promise<void> = Promise.resolve()
  const wait = async (before: Promise<void>) => {
    await before
    let left = 0
    do await setImmediate()
    while (othersCame() && left++ < MOST_ROUNDS_LEFT)
  }
  return () => {
    last = wait(last)
    return last
  }
}
