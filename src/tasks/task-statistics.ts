import { type Clock, sleep } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { createTurns } from '../base/turns.ts'
import type { AccountId } from '../model/ids.ts'
import type { EndingCount } from '../store/endings.ts'
import type { OpenTasks, TaskStore } from '../store/task-store.ts'
import { MinuteCount, type MinuteStatistics } from './minute-count.ts'

export const MAX_MINUTES = 180
/** The count of open tasks ends there. */
export const MAX_OPEN_COUNTED = 100_000
const MINUTE_MS = 60_000
/** The commit of an end may take as long; what is older is counted once and for good. */
const SETTLED_MS = 10_000
/** Of one answer; what is not counted by then is counted behind it. */
const BUDGET_MS = 80
/** Behind an answer it works a third of the time. */
const REST_FACTOR = 2
/** Whose minutes are kept; the one that was asked for longest ago is forgotten. */
const MAX_ACCOUNTS = 50

export interface AccountStatistics {
  /** When this was true. */
  readonly at: number
  /** Oldest first; the last one is the minute that runs. */
  readonly minutes: readonly MinuteStatistics[]
  readonly open: OpenTasks
}

export interface TaskStatistics extends AsyncDisposable {
  /** Of the last `minutes` (1–180). Minutes that are over are counted once, the newest first. */
  of(account: AccountId, minutes: number): Promise<AccountStatistics>
}

interface Counted {
  /** By their number since 1970. */
  readonly minutes: Map<number, MinuteCount>
  running?: Promise<void>
}

/** Counts from the index of ended tasks, so that the end of a task costs nothing more. */
export function createTaskStatistics(parts: {
  readonly store: Pick<TaskStore, 'endings' | 'openOf'>
  readonly clock: Clock
  readonly log: Log
}): TaskStatistics {
  const { store, clock, log } = parts
  // Oldest use first.
  const accounts = new Map<AccountId, Counted>()
  const stopped = new AbortController()
  const turn = createTurns()

  const countedOf = (account: AccountId, oldest: number): Counted => {
    const counted: Counted = accounts.get(account) ?? { minutes: new Map() }
    accounts.delete(account)
    accounts.set(account, counted)
    const first = accounts.keys().next()
    if (accounts.size > MAX_ACCOUNTS && !first.done) accounts.delete(first.value)
    for (const minute of counted.minutes.keys()) if (minute < oldest) counted.minutes.delete(minute)
    return counted
  }
  const minuteOf = ({ minutes }: Counted, minute: number): MinuteCount => {
    const known = minutes.get(minute) ?? new MinuteCount(minute * MINUTE_MS)
    minutes.set(minute, known)
    return known
  }

  /** The newest first; ends early where `mayGoOn` says so. A minute is counted by one at a time. */
  const count = async (
    account: AccountId,
    counted: Counted,
    how: { readonly minutes: number; readonly mayGoOn: () => boolean | Promise<boolean> },
  ): Promise<boolean> => {
    const settled = clock.now() - SETTLED_MS
    const current = Math.floor(clock.now() / MINUTE_MS)
    for (let minute = current; minute > current - how.minutes; minute--) {
      const each = minuteOf(counted, minute)
      const to = Math.min(settled, each.end)
      while (each.until < to) {
        if (!(await how.mayGoOn())) return false
        const from = each.until
        const { until, counts } = await store.endings(account, { from, to })
        // Another caller may have counted it meanwhile.
        if (each.until === from) each.add(counts, until)
      }
    }
    return true
  }

  /** What ended a moment ago is counted for this answer only. */
  const tail = async (
    account: AccountId,
    range: { from: number; to: number },
    mayGoOn: () => boolean,
  ): Promise<readonly EndingCount[]> => {
    const all: EndingCount[] = []
    for (let { from } = range; from < range.to && mayGoOn(); ) {
      const { until, counts } = await store.endings(account, { from, to: range.to })
      all.push(...counts)
      from = until
    }
    return all
  }

  const inBackground = async (account: AccountId, counted: Counted, minutes: number): Promise<void> => {
    let began = performance.now()
    const mayGoOn = async () => {
      await sleep(clock, Math.ceil((performance.now() - began) * REST_FACTOR), stopped.signal)
      await turn()
      began = performance.now()
      return !stopped.signal.aborted
    }
    try {
      await count(account, counted, { minutes, mayGoOn })
    } catch (error) {
      if (!stopped.signal.aborted) log.warn({ err: error }, 'could not count the tasks that ended')
    }
    delete counted.running
  }

  return {
    async of(account, wanted) {
      const at = clock.now()
      const current = Math.floor(at / MINUTE_MS)
      const counted = countedOf(account, current - MAX_MINUTES)
      const deadline = performance.now() + BUDGET_MS
      const mayGoOn = () => performance.now() < deadline
      const open = store.openOf(account, MAX_OPEN_COUNTED)
      // What moves comes first.
      await count(account, counted, { minutes: Math.min(2, wanted), mayGoOn })
      const numbers = Array.from({ length: wanted }, (_, index) => current - wanted + 1 + index)
      const tails = new Map<number, readonly EndingCount[]>()
      for (const minute of numbers.slice(-2)) {
        const { until: from, end } = minuteOf(counted, minute)
        const to = Math.min(at + 1, end)
        tails.set(minute, await tail(account, { from, to }, mayGoOn))
      }
      const isWhole = counted.running === undefined && (await count(account, counted, { minutes: wanted, mayGoOn }))
      if (!isWhole) counted.running ??= inBackground(account, counted, wanted)
      const minutes = numbers.map((minute) => minuteOf(counted, minute).statistics(tails.get(minute)))
      return { at, minutes, open: await open }
    },
    async [Symbol.asyncDispose]() {
      stopped.abort()
      await Promise.all([...accounts.values()].flatMap(({ running }) => running ?? []))
    },
  }
}
