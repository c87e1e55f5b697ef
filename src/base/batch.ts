import type { Clock, Timer } from './clock.ts'

/** How one item of a batch ended. */
export type Settled<O> = { readonly ok: true; readonly value: O } | { readonly ok: false; readonly error: unknown }

export interface BatchOptions<I, O> {
  /** Takes a batch and tells how each item ended, in the same order. A rejection rejects every item of the batch. */
  readonly run: (items: readonly I[]) => Promise<readonly Settled<O>[]>
  /** Most items of one batch. */
  readonly maxItems: number
  /** Most weight of one batch; an item that is heavier than that goes alone. */
  readonly maxWeight: number
  readonly weigh: (item: I) => number
  /** Most items that wait or are on their way; one more rejects with what `full` makes. */
  readonly maxPending: number
  readonly full: () => Error
  /** Waited for before each batch, so that what the end of the last one leads to shares it. Undefined: the turn of the caller. */
  readonly turn?: () => Promise<void>
  /** An item that has waited so long for its batch rejects with what `late` makes, and is never run. Undefined: it waits. */
  readonly patience?: { readonly clock: Clock; readonly maxWaitMs: number; readonly late: () => Error }
}

/** Collects what comes while one batch is on its way into the next, so that what is costly per batch is paid once. */
export interface Batcher<I, O> {
  /** In the order of the calls. Resolves when the batch of the item has ended. */
  add(item: I): Promise<O>
  /** Resolves when nothing waits and nothing is on its way. */
  idle(): Promise<void>
  readonly pending: number
}

interface Entry<I, O> {
  readonly item: I
  /** By the clock of `patience`. */
  readonly since: number
  readonly resolve: (value: O) => void
  readonly reject: (error: unknown) => void
}

export function createBatcher<I, O>(options: BatchOptions<I, O>): Batcher<I, O> {
  const { run, maxItems, maxWeight, weigh, maxPending, full, patience, turn = () => Promise.resolve() } = options
  let waiting: Entry<I, O>[] = []
  let pending = 0
  let working: Promise<void> | undefined
  let watch: Timer | undefined

  /** Looks again when the next one has waited too long; they wait in the order of their coming. */
  const dropLate = () => {
    watch = undefined
    const [first] = waiting
    if (patience === undefined || first === undefined) return
    const { clock, maxWaitMs, late } = patience
    const isLate = ({ since }: Entry<I, O>) => clock.now() - since >= maxWaitMs
    if (isLate(first)) {
      const fresh = waiting.findIndex((entry) => !isLate(entry))
      const dropped = fresh === -1 ? waiting : waiting.slice(0, fresh)
      waiting = fresh === -1 ? [] : waiting.slice(fresh)
      pending -= dropped.length
      for (const { reject } of dropped) reject(late())
    }
    const [next] = waiting
    if (next !== undefined) watch = clock.after(Math.max(1, next.since + maxWaitMs - clock.now()), dropLate)
  }

  const take = (): Entry<I, O>[] => {
    let weight = 0
    let count = 0
    for (const { item } of waiting) {
      weight += weigh(item)
      if (count === maxItems || (count > 0 && weight > maxWeight)) break
      count++
    }
    const batch = waiting.slice(0, count)
    waiting = waiting.slice(count)
    return batch
  }

  const runOne = async (batch: readonly Entry<I, O>[]): Promise<void> => {
    try {
      const settled = await run(batch.map(({ item }) => item))
      for (const [i, entry] of batch.entries()) {
        const end = settled[i]
        if (end === undefined) entry.reject(new Error('the batch ended without an answer for this item'))
        else if (end.ok) entry.resolve(end.value)
        else entry.reject(end.error)
      }
    } catch (error) {
      for (const entry of batch) entry.reject(error)
    } finally {
      pending -= batch.length
    }
  }

  const work = async (): Promise<void> => {
    do {
      // Whatever is added in the same turn shares the batch.
      await turn()
      const batch = take()
      if (batch.length > 0) await runOne(batch)
    } while (waiting.length > 0)
    working = undefined
  }

  return {
    add(item) {
      if (pending >= maxPending) return Promise.reject(full())
      pending++
      return new Promise((resolve, reject) => {
        waiting.push({ item, since: patience?.clock.now() ?? 0, resolve, reject })
        working ??= work()
        if (patience !== undefined) watch ??= patience.clock.after(patience.maxWaitMs, dropLate)
      })
    },
    async idle() {
      // It ends when nothing waits, whatever was added meanwhile.
      await working
    },
    get pending() {
      return pending
    },
  }
}
