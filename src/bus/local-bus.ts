import type { Bus, Subject } from './bus.ts'

/** The bus of a single node: calls back in the same process, after the caller's turn. */
export function localBus(): Bus {
  const listeners = new Map<Subject, Set<(keys: readonly string[]) => void>>()
  return {
    publish(subject, keys) {
      const wakes = listeners.get(subject)
      if (wakes === undefined || keys.length === 0) return
      queueMicrotask(() => {
        for (const wake of wakes) wake(keys)
      })
    },
    async subscribe(subject, wake) {
      const wakes = listeners.get(subject) ?? new Set()
      listeners.set(subject, wakes.add(wake))
      return {
        async [Symbol.asyncDispose]() {
          wakes.delete(wake)
        },
      }
    },
    async [Symbol.asyncDispose]() {
      listeners.clear()
    },
  }
}
