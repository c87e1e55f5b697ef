import type { AttemptId, GatewayId, TaskId } from '../../src/model/ids.ts'
import type { Outcome } from '../../src/model/listing.ts'
import { isTerminal, MAX_ATTEMPTS, RESTART_GRACE_MS, TASK_STATES, type TaskState } from '../../src/model/task.ts'
import type { PublicIds } from '../../src/store/public-id.ts'
import type { Change } from './changes.ts'
import type { Trace } from './trace.ts'

/** Row 24: every task ends by its deadlines and this. */
export const SLACK_MS = 5_000

/** The end of a task is dated when its commit begins, and a commit may take so long. */
const LATE_COMMIT_MS = 45_000

/** What a gateway signed for an attempt. */
export interface Report {
  readonly gateway: GatewayId
  readonly digest: string
  readonly kind: Outcome['kind']
  readonly names: readonly string[]
}

export interface TaskFacts {
  readonly number: number
  readonly id: TaskId
  readonly request: string
  readonly account: string
  readonly gateway: GatewayId
  readonly endpoint: string
  readonly deliveryMs: number
  readonly executionMs: number
  readonly attempts: { readonly id: string; state: 'open' | 'lapsed' | 'over' }[]
  state: TaskState
  /** When it must have been accepted, or have ended once it was. */
  dueAt: number
  /** When anything of it changed last. */
  since: number
  endedAt?: number
  /** What its gateway reported, where that ended it. */
  report?: Report
}

/** What was committed, told as a history that may only go forward. What breaks that is told to `fail`. */
export interface TaskHistory {
  readonly tasks: ReadonlyMap<number, TaskFacts>
  readonly live: ReadonlyMap<number, TaskFacts>
  task(id: TaskId): TaskFacts | undefined
  apply(change: Change): void
  reported(attempt: AttemptId, report: Report): void
  cancelAsked(id: TaskId): void
  /** When a task of this gateway was claimed last. */
  claimedAt(gateway: GatewayId): number
  forget(number: number): void
  /** Nothing can be committed for so long: every deadline waits. */
  outage(ms: number): void
  /** A server is up again; its clock has lost so much against that of the one before, and it cannot know. */
  restarted(lostMs: number): void
}

export function createTaskHistory(parts: {
  ids: PublicIds
  now: () => number
  retentionMs: number
  trace: Trace
  fail: (why: string) => void
}): TaskHistory {
  const { ids, now, retentionMs, trace, fail } = parts
  const tasks = new Map<number, TaskFacts>()
  const live = new Map<number, TaskFacts>()
  const byId = new Map<TaskId, TaskFacts>()
  const requests = new Map<string, number>()
  const cancels = new Set<TaskId>()
  const reports = new Map<string, Report>()
  const claimed = new Map<GatewayId, number>()
  let outageUntil = 0

  const inTime = (ms: number) => Math.max(now(), outageUntil) + ms + SLACK_MS
  const dueIn = (facts: TaskFacts, ms: number) => {
    facts.dueAt = inTime(ms)
    facts.since = now()
  }
  const forget = (number: number) => {
    byId.delete(tasks.get(number)?.id ?? ids.taskId(number))
    tasks.delete(number)
    live.delete(number)
  }

  const made = (change: Extract<Change, { kind: 'task made' }>) => {
    const { task: number, a: account, b: gateway, c: request, d: deliveryMs, e: executionMs, f: endpoint } = change
    trace.note('store', `task ${number} made`)
    const twin = requests.get(request)
    if (twin !== undefined) fail(`one call made two tasks: ${twin} and ${number}`)
    requests.set(request, number)
    const facts: TaskFacts = {
      number,
      id: ids.taskId(number),
      request,
      gateway: ids.gatewayId(gateway),
      account,
      endpoint,
      deliveryMs,
      executionMs,
      attempts: [],
      state: 'Queued',
      dueAt: 0,
      since: now(),
    }
    tasks.set(number, facts)
    live.set(number, facts)
    byId.set(facts.id, facts)
    dueIn(facts, deliveryMs)
  }

  const changed = (facts: TaskFacts, { from, to, code }: { from: string; to: string; code: string | null }) => {
    const name = `task ${facts.number}`
    trace.note('store', `${name}: ${from} → ${to}${code === null ? '' : ` (${code})`}`)
    if (isTerminal(facts.state)) return fail(`${name} had ended as ${facts.state} and became ${to}`)
    if (from !== facts.state) fail(`${name} was ${facts.state} and is said to have been ${from}`)
    const state = TASK_STATES.find((each) => each === to)
    if (state === undefined) return fail(`${name} is ${to}`)
    facts.state = state
    if (!isTerminal(state)) return dueIn(facts, facts.executionMs)
    if (state === 'Cancelled' && !cancels.has(facts.id)) fail(`${name} was cancelled by nobody`)
    facts.endedAt = now()
    live.delete(facts.number)
  }

  const gone = (facts: TaskFacts) => {
    const name = `task ${facts.number}`
    trace.note('store', `${name} is purged`)
    if (facts.endedAt === undefined) fail(`${name} was removed before it ended`)
    else if (now() - facts.endedAt < retentionMs - LATE_COMMIT_MS)
      fail(`${name} was removed before its retention was over`)
    // With it goes its token: the same call makes a new one.
    requests.delete(facts.request)
    forget(facts.number)
  }

  const claimMade = (facts: TaskFacts, change: Extract<Change, { kind: 'attempt made' }>) => {
    const { a: number, b: id, c: gateway } = change
    const name = `task ${facts.number}`
    trace.note('store', `${name}: attempt ${number} ${id.slice(0, 6)}`)
    claimed.set(facts.gateway, now())
    const before = facts.attempts.at(-1)
    if (isTerminal(facts.state)) fail(`${name} was claimed after it had ended`)
    if (before?.state === 'open') fail(`${name}: its claim was given twice, attempt ${number - 1} still held it`)
    if (number !== facts.attempts.length + 1 || number > MAX_ATTEMPTS) fail(`${name} has an attempt ${number}`)
    if (ids.gatewayId(gateway) !== facts.gateway) fail(`${name} was given to a foreign gateway`)
    if (before !== undefined) before.state = 'over'
    facts.attempts.push({ id, state: 'open' })
    facts.since = now()
  }

  const claimChanged = (facts: TaskFacts, change: Extract<Change, { kind: 'attempt changed' }>) => {
    const attempt = facts.attempts[change.a - 1]
    // Its end by the next claim is what the next claim is judged by.
    if (attempt === undefined || change.b === 'over') return
    trace.note('store', `task ${facts.number}: attempt ${change.a} ${change.b}`)
    if (attempt.state === 'over') fail(`task ${facts.number}: attempt ${change.a} came back after a newer one`)
    attempt.state = change.b
    facts.since = now()
  }

  const finished = (facts: TaskFacts, { a: attempt, b: digest }: { a: string; b: string }) => {
    const name = `task ${facts.number}`
    const report = reports.get(attempt)
    if (facts.attempts.at(-1)?.id !== attempt)
      return fail(`${name} was finished by an attempt that did not hold the claim any more`)
    if (report === undefined || report.digest !== digest || report.gateway !== facts.gateway)
      return fail(`${name} has a result that its gateway did not report`)
    if (facts.state !== (report.kind === 'listing' ? 'Succeeded' : 'Failed'))
      fail(`${name} is ${facts.state}, and its gateway reported a ${report.kind}`)
    facts.report = report
  }

  return {
    tasks,
    live,
    task: (id) => byId.get(id),
    forget,
    apply(change) {
      if (change.kind === 'task made') return made(change)
      const facts = tasks.get(change.task)
      // What goes with a task that was purged.
      if (facts === undefined) return
      switch (change.kind) {
        case 'task changed':
          return changed(facts, { from: change.a, to: change.b, code: change.c })
        case 'task gone':
          return gone(facts)
        case 'attempt made':
          return claimMade(facts, change)
        case 'attempt changed':
          return claimChanged(facts, change)
        case 'outcome made':
          return finished(facts, change)
        case 'outcome changed':
          return fail(`task ${facts.number}: its outcome changed, or its signature does not fit`)
      }
    },
    reported: (attempt, report) => void reports.set(attempt, report),
    cancelAsked: (id) => void cancels.add(id),
    claimedAt: (gateway) => claimed.get(gateway) ?? 0,
    outage(ms) {
      for (const facts of live.values()) facts.dueAt += ms
      outageUntil = Math.max(outageUntil, now() + ms)
    },
    restarted(lostMs) {
      for (const facts of live.values()) {
        const wholeMs = facts.state === 'Queued' ? facts.deliveryMs : facts.executionMs
        // By its clock what is due is due as much later; never later than what had the whole time once more.
        const later = Math.min(facts.dueAt + lostMs, inTime(wholeMs))
        facts.dueAt = Math.max(facts.dueAt, later, inTime(RESTART_GRACE_MS))
      }
    },
  }
}
