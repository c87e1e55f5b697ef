import type { Store } from '../store/store.ts'
import type { Task, TaskStore } from '../store/task-store.ts'
import type { ServerMetrics } from './server-metrics.ts'

/** The same store; how long its writes take to be on disk is measured, and the tasks that end are counted. */
export function measuredStore(store: Store, metrics: Pick<ServerMetrics, 'committed' | 'tasksEnded'>): Store {
  const { tasks, fleet } = store
  const timed = async <T>(write: Promise<T>): Promise<T> => {
    const began = performance.now()
    const value = await write
    metrics.committed(performance.now() - began)
    return value
  }
  const ended = <T extends readonly Task[]>(all: T): T => {
    for (const { state } of all) metrics.tasksEnded(state, 1)
    return all
  }
  const measured: TaskStore = {
    ...tasks,
    create: (task, burn) => timed(tasks.create(task, burn)),
    claim: (session, credit) => timed(tasks.claim(session, credit)),
    accepted: (claim) => timed(tasks.accepted(claim)),
    async adopt(session, holding) {
      const adopted = await timed(tasks.adopt(session, holding))
      ended(adopted.ended)
      return adopted
    },
    async finish(claim, result) {
      const finished = await timed(tasks.finish(claim, result))
      // What is said twice is counted twice: an outcome whose acknowledgement was lost, a second cancel.
      if (finished.kind === 'finished') ended([finished.task])
      return finished
    },
    async cancel(cancel, burn) {
      const cancelled = await timed(tasks.cancel(cancel, burn))
      if (cancelled.kind === 'cancelled' && cancelled.task.state === 'Cancelled') ended([cancelled.task])
      return cancelled
    },
    expire: async (now) => ended(await tasks.expire(now)),
  }
  return {
    serverId: store.serverId,
    restoredAt: store.restoredAt,
    access: store.access,
    failed: store.failed,
    problem: () => store.problem?.(),
    tasks: measured,
    fleet: {
      ...fleet,
      heartbeats: (seen) => timed(fleet.heartbeats(seen)),
      endDeleted: async () => ended(await fleet.endDeleted()),
    },
    purge: (now, retention, limit) => store.purge(now, retention, limit),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}
