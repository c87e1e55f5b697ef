import type { TaskState } from '../model/task.ts'
import type { EndingCount } from '../store/endings.ts'

const MINUTE_MS = 60_000

export interface Percentiles {
  readonly p50: number
  readonly p90: number
  readonly p99: number
}

/** The tasks that ended in one minute. */
export interface MinuteStatistics {
  /** Milliseconds since 1970. */
  readonly start: number
  /** False: the minute runs, or not all of it was counted yet. */
  readonly isWhole: boolean
  readonly ended: Readonly<Record<TaskState, number>>
  /** Of failed and timed-out tasks, by their code. */
  readonly failures: ReadonlyMap<string, number>
  /** From creation to end of those that succeeded or failed, milliseconds; undefined where there are none. */
  readonly latency: Percentiles | undefined
}

const NONE: Readonly<Record<TaskState, number>> = {
  Queued: 0,
  Running: 0,
  Succeeded: 0,
  Failed: 0,
  Cancelled: 0,
  TimedOut: 0,
}

/** One minute, counted from its beginning on. When all of it is, only its numbers stay. */
export class MinuteCount {
  readonly start: number
  readonly end: number
  /** All that ended before is in it. */
  until: number
  #sum = new Sum()
  #whole: MinuteStatistics | undefined

  constructor(start: number) {
    this.start = start
    this.end = start + MINUTE_MS
    this.until = start
  }

  add(counts: readonly EndingCount[], until: number): void {
    this.#sum.add(counts)
    this.until = until
    if (until < this.end) return
    this.#whole = { start: this.start, isWhole: true, ...this.#sum.result() }
    this.#sum = new Sum()
  }

  /** With what ended in it since, where that was counted apart. */
  statistics(tail: readonly EndingCount[] = []): MinuteStatistics {
    if (this.#whole !== undefined) return this.#whole
    const sum = tail.length === 0 ? this.#sum : this.#sum.plus(tail)
    return { start: this.start, isWhole: false, ...sum.result() }
  }
}

class Sum {
  readonly #ended = { ...NONE }
  readonly #failures = new Map<string, number>()
  readonly #latencies = new Map<number, number>()

  add(counts: readonly EndingCount[]): void {
    for (const { state, code, ms, count } of counts) {
      this.#ended[state] += count
      if (state === 'Succeeded' || state === 'Failed') raise(this.#latencies, ms, count)
      if (code !== undefined && (state === 'Failed' || state === 'TimedOut')) raise(this.#failures, code, count)
    }
  }

  plus(counts: readonly EndingCount[]): Sum {
    const sum = new Sum()
    Object.assign(sum.#ended, this.#ended)
    for (const [code, count] of this.#failures) sum.#failures.set(code, count)
    for (const [ms, count] of this.#latencies) sum.#latencies.set(ms, count)
    sum.add(counts)
    return sum
  }

  result(): Pick<MinuteStatistics, 'ended' | 'failures' | 'latency'> {
    const latency = percentilesOf(this.#latencies)
    return { ended: { ...this.#ended }, failures: new Map(this.#failures), latency }
  }
}

const raise = <K>(map: Map<K, number>, key: K, by: number) => void map.set(key, (map.get(key) ?? 0) + by)

/** The smallest value that so many are not above. */
function percentilesOf(counts: ReadonlyMap<number, number>): Percentiles | undefined {
  const sorted = [...counts].toSorted(([a], [b]) => a - b)
  const total = sorted.reduce((sum, [, count]) => sum + count, 0)
  if (total === 0) return undefined
  const at = (share: number): number => {
    let left = Math.ceil(share * total)
    for (const [ms, count] of sorted) {
      left -= count
      if (left <= 0) return ms
    }
    return 0
  }
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) }
}
