/** Aborts at the first SIGTERM or SIGINT; a second one ends the process at once. */
export function untilStopped(): { readonly signal: AbortSignal; dispose(): void } {
  const controller = new AbortController()
  const stop = () => {
    if (controller.signal.aborted) process.exit(1)
    controller.abort()
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  return {
    signal: controller.signal,
    dispose() {
      process.off('SIGTERM', stop)
      process.off('SIGINT', stop)
    },
  }
}

/** Calls back at each of these signals, which would end the process otherwise. The callback must not throw. */
export function onSignal(signal: 'SIGHUP' | 'SIGUSR2', callback: () => void): Disposable {
  process.on(signal, callback)
  return { [Symbol.dispose]: () => void process.off(signal, callback) }
}
