import type { TaskId } from '../../src/model/ids.ts'
import type { PublicIds } from '../../src/store/public-id.ts'
import type { Task } from '../../src/store/task-store.ts'
import type { Changes } from './changes.ts'
import { createTaskHistory, SLACK_MS, type TaskFacts, type TaskHistory } from './task-history.ts'
import type { Trace } from './trace.ts'

/** Every so many looks all rows are compared and not only those that changed. */
const RESCAN_EVERY = 5_000

/** The promise of the product, looked at after each step from outside of the code that keeps it. */
export interface Checks extends Pick<TaskHistory, 'live' | 'reported' | 'cancelAsked' | 'claimedAt'> {
  /** After each step. `up`: a server runs whose deadlines count. */
  look(up: boolean): void
  /** What was not committed is gone: nothing that anybody was told of may be. */
  rescan(): void
  /** A caller is told this id. */
  acknowledged(id: TaskId): void
  task(id: TaskId): TaskFacts | undefined
  /** What its owner was given, and the names where it succeeded. */
  read(id: TaskId, given: { readonly task: Task | undefined; readonly names?: readonly string[] }): void
  /** Nothing could be committed for so long. */
  outage(ms: number): void
  /** A server is up again; its clock has lost so much against that of the one before. */
  restarted(lostMs: number): void
  fail(why: string): void
  readonly failure: string | undefined
}

export function createChecks(parts: {
  changes: Changes
  ids: PublicIds
  now: () => number
  retentionMs: number
  trace: Trace
}): Checks {
  const { changes, now } = parts
  const told = new Set<TaskId>()
  let untilRescan = RESCAN_EVERY
  let nextDue = 0
  let failure: string | undefined
  const fail = (why: string) => {
    failure ??= why
  }
  const history = createTaskHistory({ ...parts, fail })
  const { tasks, live } = history

  const catchUp = () => {
    const news = changes.take()
    for (const change of news) history.apply(change)
    if (news.length > 0) nextDue = 0
  }
  const rescan = () => {
    untilRescan = RESCAN_EVERY
    catchUp()
    const states = changes.states()
    for (const { id, number, state } of tasks.values()) {
      const is = states.get(number)
      if (is === undefined && told.has(id)) fail(`task ${number} was acknowledged and is lost`)
      else if (is === undefined) history.forget(number)
      else if (is !== state) fail(`task ${number} is ${is} and was committed as ${state}`)
    }
  }
  const overdue = () => {
    nextDue = Number.POSITIVE_INFINITY
    for (const facts of live.values()) {
      nextDue = Math.min(nextDue, facts.dueAt)
      if (facts.dueAt >= now()) continue
      const late = ((now() - facts.dueAt + SLACK_MS) / 1000).toFixed(1)
      fail(`task ${facts.number} is ${facts.state} ${late} s after its deadline`)
    }
  }
  const task = (id: TaskId) => history.task(id)

  return {
    live,
    task,
    rescan,
    reported: (attempt, report) => history.reported(attempt, report),
    cancelAsked: (id) => history.cancelAsked(id),
    claimedAt: (gateway) => history.claimedAt(gateway),
    look(up) {
      catchUp()
      if (up && now() > nextDue) overdue()
      if (--untilRescan === 0) rescan()
    },
    acknowledged(id) {
      catchUp()
      if (task(id) === undefined && !told.has(id)) fail(`task ${id} is acknowledged and not in the store`)
      told.add(id)
    },
    read(id, { task: given, names }) {
      catchUp()
      const facts = task(id)
      if (facts === undefined) {
        if (given !== undefined) fail('a task was read that is not in the store')
        return
      }
      const name = `task ${facts.number}`
      if (given === undefined) return fail(`${name} is not found by its owner`)
      if (given.state !== facts.state) fail(`${name} is ${facts.state} and was read as ${given.state}`)
      if (names === undefined) return
      if (JSON.stringify(names.toSorted()) !== JSON.stringify(facts.report?.names.toSorted()))
        fail(`${name} was read with other databases than its gateway reported`)
    },
    outage(ms) {
      history.outage(ms)
      nextDue = 0
    },
    restarted(lostMs) {
      history.restarted(lostMs)
      nextDue = 0
    },
    fail,
    get failure() {
      return failure
    },
  }
}
