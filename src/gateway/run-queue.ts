import type { Limits } from './configuration.ts'

/** What waits and what runs, by the limits of the gateway. What runs is counted; what waits for a full server is passed by. */
export interface RunQueue<J> {
  readonly waiting: number
  add(job: J): void
  /** Those that may run now, in the order of their coming; from here on they do. */
  take(limits: Pick<Limits, 'total' | 'perEndpoint'>): readonly J[]
  /** It neither waits nor runs any more. Nothing for one that is not here. */
  remove(job: J): void
}

/** `server` of a job: the one that it will use; undefined where there is none, and then it has no limit but the total. */
export function createRunQueue<J extends { readonly server: string | undefined }>(): RunQueue<J> {
  const waiting = new Set<J>()
  const running = new Set<J>()
  const runningAt = new Map<string, number>()

  const count = (server: string | undefined, change: number) => {
    if (server === undefined) return
    const now = (runningAt.get(server) ?? 0) + change
    if (now === 0) runningAt.delete(server)
    else runningAt.set(server, now)
  }
  return {
    get waiting() {
      return waiting.size
    },
    add: (job) => void waiting.add(job),
    take({ total, perEndpoint }) {
      const taken: J[] = []
      for (const job of waiting) {
        if (running.size >= total) break
        // Work that waits for a slow server is passed by: it takes no room from the others.
        if (job.server !== undefined && (runningAt.get(job.server) ?? 0) >= perEndpoint) continue
        waiting.delete(job)
        running.add(job)
        count(job.server, 1)
        taken.push(job)
      }
      return taken
    },
    remove(job) {
      waiting.delete(job)
      if (running.delete(job)) count(job.server, -1)
    },
  }
}
