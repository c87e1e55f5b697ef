/** Resolves when this turn of the event loop has handled what had come in: for all who asked in it, one after the other. */
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
