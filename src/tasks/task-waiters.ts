import type { Clock } from '../base/clock.ts'
import type { Bus } from '../bus/bus.ts'
import type { Task } from '../store/task-store.ts'

/** Most readers that may wait at a time on one node; beyond them a reader gets the current state at once. */
const MAX_WAITERS = 20_000
/** Most tasks that are known as made a moment ago; who asks for an older one looks at the store. */
const MAX_BEGUN = 10_000

/** What never changes of a task. */
export type TaskFacts = Pick<Task, 'id' | 'account' | 'gateway' | 'region' | 'engine' | 'host' | 'port' | 'createdBy'>

/** One who waits. */
export interface Waiting {
  /** Resolves when the task may have ended, and when the wait is over; never rejects. Look at the store then. */
  readonly woken: Promise<void>
  /** The wait is over. */
  stop(): void
}

/** Those who wait for the end of a task on this node. One subscription for all of them. */
export interface TaskWaiters extends AsyncDisposable {
  /** `ms`: at most so long; never beyond the abort of the signal. */
  wait(task: string, options: { ms: number; signal: AbortSignal }): Waiting
  /** It was made here just now. */
  begun(task: TaskFacts): void
  /** One that was made here and of which no wake came since: it was still open then, and who waits hears of its end. */
  begunTask(task: string): TaskFacts | undefined
  /** It has ended, as the store says; the wake may have been lost. */
  ended(task: string): void
  readonly size: number
  /** False: nobody may wait now, because the server drains or too many wait. */
  readonly open: boolean
  /** Wakes all and lets nobody wait any more: the server is draining. */
  release(): void
}

export async function createTaskWaiters({ bus, clock }: { bus: Bus; clock: Clock }): Promise<TaskWaiters> {
  const waiting = new Map<string, Set<() => void>>()
  /** Oldest first. */
  const begun = new Map<string, TaskFacts>()
  let size = 0
  let released = false

  const wake = (tasks: Iterable<string>) => {
    for (const task of tasks) {
      begun.delete(task)
      for (const resolve of Array.from(waiting.get(task) ?? [])) resolve()
    }
  }
  const release = () => {
    released = true
    wake([...waiting.keys()])
  }
  const subscription = await bus.subscribe('task', wake)

  return {
    get size() {
      return size
    },
    get open() {
      return !released && size < MAX_WAITERS
    },
    begun(task) {
      begun.set(String(task.id), task)
      const oldest = begun.keys().next()
      if (begun.size > MAX_BEGUN && !oldest.done) begun.delete(oldest.value)
    },
    begunTask: (task) => begun.get(task),
    ended: (task) => void begun.delete(task),
    wait(task, { ms, signal }) {
      const { promise: woken, resolve } = Promise.withResolvers<void>()
      const stop = () => {
        timer.cancel()
        signal.removeEventListener('abort', stop)
        const set = waiting.get(task)
        if (set?.delete(stop)) size--
        if (set?.size === 0) waiting.delete(task)
        resolve()
      }
      if (released || signal.aborted || size >= MAX_WAITERS) {
        resolve()
        return { woken, stop: () => {} }
      }
      const timer = clock.after(ms, stop)
      signal.addEventListener('abort', stop, { once: true })
      waiting.set(task, (waiting.get(task) ?? new Set()).add(stop))
      size++
      return { woken, stop }
    },
    release,
    async [Symbol.asyncDispose]() {
      release()
      await subscription[Symbol.asyncDispose]()
    },
  }
}
