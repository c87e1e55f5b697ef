import type { Instant } from '../../model/task.ts'
import { integer, optional } from '../row.ts'
import { isContention } from './database-errors.ts'
import type { Transactions } from './transactions.ts'
import type { Unit } from './unit.ts'

/** Whole partitions beyond the one that is being filled. */
const AHEAD = 2
/** Most of one call, so that nobody waits long for the lock on the tables. */
const MAX_DROPPED = 4

/** Makes the partitions that will be needed. Where another node does it at this moment, it is waited for or left to it. */
export function makePartitions({ write }: Transactions, other: 'wait' | 'leave'): Promise<void> {
  return write(async ({ sql }) => {
    if (other === 'wait') await sql.get('partition_turn')
    else if ((await sql.get('partition_lock'))?.['locked'] !== true) return
    const room = (await sql.get('partition_room')) ?? {}
    const size = integer(room, 'partition_size')
    const wanted = integer(room, 'newest') + AHEAD * size
    const last = (await sql.all('partitions')).at(-1)
    let first = last === undefined ? 1 : integer(last, 'next')
    while (first <= wanted) {
      await sql.run('make_task_partition', { first, next: first + size })
      first += size
    }
  })
}

/**
 * Drops the oldest partitions whose tasks have all ended then or earlier; how many. Those that readers and writers do
 * not let go of in time are left to the next call.
 */
export async function dropPartitions({ write }: Transactions, before: Instant): Promise<number> {
  try {
    return await write((unit) => dropOld(unit, before))
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    if (isContention(error) || isContention(cause)) return 0
    throw error
  }
}

async function dropOld({ sql, floor }: Unit, before: Instant): Promise<number> {
  if ((await sql.get('partition_lock'))?.['locked'] !== true) return 0
  let dropped = 0
  for (const row of await sql.all('partitions')) {
    const first = integer(row, 'first')
    const next = integer(row, 'next')
    // Nothing below the floor is open or still being created.
    if (next > floor || dropped === MAX_DROPPED) break
    const newest = await sql.get('newest_end', { first, next })
    const end = newest && optional(newest, 'ended_at', integer)
    if (newest !== undefined && (end === undefined || end > before)) break
    if ((await sql.get('kept_task', { first, next, before })) !== undefined) break
    await sql.run('drop_task_partition', { first })
    dropped++
  }
  return dropped
}
