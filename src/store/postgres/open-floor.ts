import { type Instant } from '../../model/task.ts'
import { integer, optional } from '../row.ts'
import type { Losses } from './pool.ts'
import type { Transactions } from './transactions.ts'
import type { Unit } from './unit.ts'

/** Longer than a transaction may last that has a number and has not yet committed its task. */
const SETTLED_MS = 60_000

/** The number below which every task has ended; in one database it only rises. Keeps the statements of every moment out of old partitions. */
export interface OpenFloor {
  readonly value: number
  /** Takes over what servers have found so far. Until then `value` is 0. */
  begin(transactions: Pick<Transactions, 'read'>): Promise<void>
  /** Raises it where that is safe, for the servers that start later too. */
  raise(transactions: Pick<Transactions, 'read' | 'write'>): Promise<void>
}

/**
 * Numbers that nobody has committed yet may be given again by a database that takes over from another: what was seen
 * before a connection was lost does not count. One that was behind gives those of ended tasks again: it has less written
 * down than is known here, and then what it has counts.
 */
export function openFloor(losses: Pick<Losses, 'count'>): OpenFloor {
  let value = 0
  let seen: { readonly newest: number; readonly at: Instant; readonly losses: number } | undefined
  return {
    get value() {
      return value
    },
    async begin({ read }) {
      value = await read(foundIn)
    },
    async raise({ read, write }) {
      const before = value
      await read(async (unit) => {
        const { sql, now } = unit
        if (seen?.losses !== losses.count) seen = undefined
        if (integer((await sql.get('written_floor')) ?? {}, 'open_floor') < value) {
          value = await foundIn(unit)
          seen = undefined
        }
        if (seen !== undefined && now < seen.at + SETTLED_MS) return
        const row = (await sql.get('lowest_open', { floor: value })) ?? {}
        const newest = integer(row, 'newest')
        // What had a number when the newest was seen has been committed since, or never will be.
        if (seen !== undefined)
          value = Math.max(value, Math.min(seen.newest, newest, optional(row, 'lowest', integer) ?? seen.newest))
        seen = { newest, at: now, losses: losses.count }
      })
      if (value > before) await write(({ sql }) => sql.run('raise_open_floor', { floor: value }))
    },
  }
}

/** As it is written down, but never above a task that is open. */
const foundIn = async ({ sql }: Unit) => integer((await sql.get('open_floor')) ?? {}, 'open_floor')
