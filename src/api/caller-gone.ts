/** Whether anybody still waits for an answer. */
export class CallerGone {
  #controller: AbortController | undefined
  #isGone = false

  /** Aborts when the caller has gone or the server closes. Made when it is first asked for: few calls wait for anything. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#isGone) this.#controller.abort()
    }
    return this.#controller.signal
  }

  /** Idempotent. */
  abort(): void {
    this.#isGone = true
    this.#controller?.abort()
  }
}
