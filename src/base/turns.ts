import { setImmediate } from 'node:timers/promises'

/** Resolves when the caller may do its next slice of work, of some milliseconds. */
export type Turns = () => Promise<void>

/** So many rounds are left to others at a time: however many come, those who wait go on. */
const MOST_ROUNDS_LEFT = 4

/**
 * Of all who wait one goes on in each round of the event loop: however many they are, nobody else is late. Rounds in which
 * others came, who have the right of way, are left to those.
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
