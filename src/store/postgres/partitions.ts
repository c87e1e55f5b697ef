import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Instant } from '../../model/task.ts'
import { integer, optional } from '../row.ts'
import type { StoreTransactions, Transactions } from './transactions.ts'
import type { Unit } from './unit.ts'

/** Room for so many of the smallest partitions beyond the newest task. */
const AHEAD = 2
const MADE_EVERY_MS = 10_000
/** Of all numbers that there are partitions for, a new one has at least the share of one in so many. */
const SHARE = 3
/** Most of one call, so that others get at the tables between two of them. */
const MAX_DROPPED = 4

/** Makes the partitions that will be needed. Where another node does it at this moment, it is waited for or left to it. */
export function makePartitions({ write }: Transactions, other: 'wait' | 'leave'): Promise<void> {
  return write(async ({ sql }) => {
    if (other === 'wait') await sql.get('partition_turn')
    else if ((await sql.get('partition_lock'))?.['locked'] !== true) return
    const room = (await sql.get('partition_room')) ?? {}
    const size = integer(room, 'partition_size')
    const wanted = integer(room, 'newest') + AHEAD * size
    const made = (await sql.all('partitions')).map((row) => ({
      first: integer(row, 'first'),
      next: integer(row, 'next'),
    }))
    for (let after = made.at(-1)?.next ?? 1; after <= wanted; ) {
      const partition = nextPartition({ from: made[0]?.first ?? 1, after }, size)
      await sql.run('make_task_partition', partition)
      made.push(partition)
      after = partition.next
    }
  })
}

/**
 * Makes them from time to time where it is woken often, beside everything else: it may wait long for a table that somebody
 * analyses.
 */
export function partitionsAhead(parts: {
  readonly transactions: Transactions
  readonly clock: Clock
  readonly log: Log
}): AsyncDisposable & { wake(): void } {
  const { transactions, clock, log } = parts
  let madeAt = clock.now()
  let running: Promise<void> | undefined
  return {
    wake() {
      if (clock.now() - madeAt < MADE_EVERY_MS) return
      running ??= makePartitions(transactions, 'leave')
        .catch((error: unknown) => log.warn({ err: error }, 'no partition could be made; it is tried again'))
        .finally(() => {
          madeAt = clock.now()
          running = undefined
        })
    },
    async [Symbol.asyncDispose]() {
      await running
    },
  }
}

/**
 * The one that follows the numbers `from` to before `after`. The more there are, the larger it is, because each partition
 * costs a task time of the database (decision 12): ten million have seven. In return at most half as much again is kept
 * on disk as must be, since whole partitions are dropped.
 */
export function nextPartition(
  { from, after }: { readonly from: number; readonly after: number },
  smallest: number,
): { readonly first: number; readonly next: number } {
  const parts = Math.max(1, Math.ceil((after - from) / smallest / SHARE))
  return { first: after, next: after + parts * smallest }
}

/**
 * Drops the oldest partitions whose tasks have all ended then or earlier; how many. Which those are is found out before, so
 * that the tables are held for the drop alone. While somebody reads for long, as a dump does, none is dropped.
 */
export async function dropPartitions(
  { read, statement }: Pick<StoreTransactions, 'read' | 'statement'>,
  before: Instant,
): Promise<number> {
  let dropped = 0
  for (const first of await read((unit) => endedPartitions(unit, before))) {
    const answer = await statement((sql) => sql.get('drop_ended_partition', { first }))
    if (answer?.['dropped'] !== true) break
    dropped++
  }
  return dropped
}

/** The numbers that they begin with. */
async function endedPartitions({ sql, floor }: Unit, before: Instant): Promise<readonly number[]> {
  const ended: number[] = []
  await sql.get('allow_bitmaps')
  for (const row of await sql.all('partitions')) {
    const first = integer(row, 'first')
    const next = integer(row, 'next')
    // Nothing below the floor is open or still being created.
    if (next > floor || ended.length === MAX_DROPPED) break
    const newest = await sql.get('newest_end', { first, next })
    const end = newest && optional(newest, 'ended_at', integer)
    if (newest !== undefined && (end === undefined || end > before)) break
    if ((await sql.get('kept_task', { first, next, before })) !== undefined) break
    ended.push(first)
  }
  return ended
}
