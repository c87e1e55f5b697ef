/** Resolves at the end of this round of the event loop, for all who asked in it. */
export type TurnEnd = () => Promise<void>

/**
 * For what wakes another process each time, as an answer on a socket does: sent one after the other they wake it once, and
 * waking costs more than making many an answer.
 */
export function createTurnEnd(): TurnEnd {
  let ending: Promise<void> | undefined
  return () => {
    ending ??= new Promise((resolve) => {
      setImmediate(() => {
        ending = undefined
        resolve()
      })
    })
    return ending
  }
}
