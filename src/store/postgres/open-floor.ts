import { type Instant } from '../../model/task.ts'
import { integer, optional } from '../row.ts'
import type { Losses } from './pool.ts'
import type { Transactions } from './transactions.ts'

/** Longer than a transaction may last that has a number and has not yet committed its task. */
const SETTLED_MS = 60_000

/** The number below which every task has ended; it only rises. Keeps the statements of every moment out of old partitions. */
export interface OpenFloor {
  readonly value: number
  /** Raises it where that is safe. */
  raise(transactions: Transactions): Promise<void>
}

/**
 * Numbers that nobody has committed yet may be given again by a database that takes over from another: what was seen
 * before a connection was lost does not count.
 */
export function openFloor(losses: Pick<Losses, 'count'>): OpenFloor {
  let value = 0
  let seen: { readonly newest: number; readonly at: Instant; readonly losses: number } | undefined
  return {
    get value() {
      return value
    },
    async raise({ read }) {
      await read(async ({ sql, now }) => {
        if (seen?.losses !== losses.count) seen = undefined
        if (seen !== undefined && now < seen.at + SETTLED_MS) return
        const row = (await sql.get('lowest_open', { floor: value })) ?? {}
        const newest = integer(row, 'newest')
        // What had a number when the newest was seen has been committed since, or never will be.
        if (seen !== undefined)
          value = Math.max(value, Math.min(seen.newest, newest, optional(row, 'lowest', integer) ?? seen.newest))
        seen = { newest, at: now, losses: losses.count }
      })
    },
  }
}
