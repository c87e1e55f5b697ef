import type { Clock } from '../base/clock.ts'
import type { AccountId, TaskId } from '../model/ids.ts'
import { isTerminal } from '../model/task.ts'
import type { Retention } from '../store/store.ts'
import type { Task } from '../store/task-store.ts'

/** Whoever waited reads within milliseconds. */
const KEPT_MS = 10_000
const MAX_TASKS = 10_000
/** As they were sent; what a reader made of them, and the text of the answer, are kept beside them: about twice as much again. */
const MAX_BYTES = 16 * 1024 * 1024
/** Longer lists are read again: they would push out all others. */
const MAX_LIST_BYTES = 256 * 1024

/** A task that has ended and its list, as the gateway sent it. */
export interface RecentTask {
  readonly task: Task
  readonly parts: readonly Uint8Array[]
}

/**
 * Tasks that ended on this node, or whose list was read here, a moment ago. What has ended never changes, so whoever asks for
 * it meanwhile is answered without another look at the store. Never for longer than it is kept there.
 */
export interface RecentTasks {
  /** Call after the commit. Nothing for one that has not ended, or has a long list. */
  remember(task: Task, parts: readonly Uint8Array[]): void
  get(account: AccountId, id: TaskId): RecentTask | undefined
}

/** `retention` is asked for each task. */
export function createRecentTasks(clock: Pick<Clock, 'now'>, retention: () => Retention): RecentTasks {
  interface Kept extends RecentTask {
    readonly bytes: number
    readonly until: number
  }
  /** In the order of their ends. */
  const kept = new Map<TaskId, Kept>()
  let total = 0

  const forget = (id: TaskId, { bytes }: Kept) => {
    kept.delete(id)
    total -= bytes
  }
  const makeRoom = () => {
    for (const [id, entry] of kept) {
      if (entry.until > clock.now() && kept.size <= MAX_TASKS && total <= MAX_BYTES) return
      forget(id, entry)
    }
  }
  return {
    remember(task, parts) {
      const bytes = parts.reduce((sum, part) => sum + part.byteLength, 0)
      if (!isTerminal(task.state) || bytes > MAX_LIST_BYTES) return
      const before = kept.get(task.id)
      if (before !== undefined) forget(task.id, before)
      const now = clock.now()
      const until = Math.min(now + KEPT_MS, (task.endedAt ?? now) + retention().taskMs)
      kept.set(task.id, { task, parts, bytes, until })
      total += bytes
      makeRoom()
    },
    get(account, id) {
      const found = kept.get(id)
      return found !== undefined && found.task.account === account && found.until > clock.now() ? found : undefined
    },
  }
}
