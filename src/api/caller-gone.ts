/** Whether anybody still waits for an answer. */
export interface CallerGone {
  /** Aborts when the caller has gone or the server closes. Made when it is first asked for: few calls wait for anything. */
  readonly signal: AbortSignal
  /** Idempotent. */
  abort(): void
}

export function createCallerGone(): CallerGone {
  let controller: AbortController | undefined
  let gone = false
  return {
    get signal() {
      if (controller === undefined) {
        controller = new AbortController()
        if (gone) controller.abort()
      }
      return controller.signal
    },
    abort() {
      gone = true
      controller?.abort()
    },
  }
}
