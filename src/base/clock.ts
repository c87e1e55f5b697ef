/** Where time comes from; simulated in tests. */
export interface Clock {
  /** Milliseconds since 1970 that only ever go forward: anchored at the start of the process, so a jump of the wall clock moves no deadline. */
  now(): number
  /** The wall clock, to compare with other machines' clocks. */
  wall(): number
  /** Calls back after `ms`; does not keep the process alive. */
  after(ms: number, callback: () => void): Timer
  every(ms: number, callback: () => void): Timer
}

export interface Timer {
  cancel(): void
}

export function systemClock(): Clock {
  const anchor = Date.now() - performance.now()
  return {
    now: () => Math.floor(anchor + performance.now()),
    wall: () => Date.now(),
    after: (ms, callback) => {
      const handle = setTimeout(callback, ms)
      handle.unref()
      return { cancel: () => clearTimeout(handle) }
    },
    every: (ms, callback) => {
      const handle = setInterval(callback, ms)
      handle.unref()
      return { cancel: () => clearInterval(handle) }
    },
  }
}

/** Ends after `ms` or when the signal aborts, whichever is first; never rejects. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      timer.cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = clock.after(ms, done)
    signal?.addEventListener('abort', done, { once: true })
  })
}
