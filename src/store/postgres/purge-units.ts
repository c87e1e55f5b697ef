import type { Instant } from '../../model/task.ts'
import type { Unit } from './unit.ts'

/** Its caller is told so long that it expired; then it is as if it had never been. */
const EXPIRED_KEY_MS = 60 * 60_000
/** Longer than any transaction may last. */
const LONGEST_CREATE_MS = 60_000

/**
 * Tasks whose time is over are gone for everybody from the commit on; their rows go with their partitions. What is not
 * partitioned goes row by row. `before`: tasks that ended then or earlier are gone. What is gone never comes back, so a
 * database whose clock is ahead must not decide that alone: tasks are counted from `latest` where that is earlier.
 */
export async function purgeRows(
  { sql, now }: Unit,
  { taskMs, limit, latest }: { readonly taskMs: number; readonly limit: number; readonly latest: Instant },
): Promise<{ readonly removed: number; readonly before: Instant; readonly now: Instant }> {
  const before = Math.min(now, latest) - taskMs
  await sql.run('raise_purged_before', { before })
  let removed = await sql.run('purge_client_tokens', { now, limit })
  removed += await sql.run('purge_nonces', { now, limit })
  removed += await sql.run('purge_enrollments', { now, limit })
  removed += await sql.run('purge_temporary_keys', { before: now - EXPIRED_KEY_MS, limit })
  removed += await sql.run('purge_gateways', { before: now - LONGEST_CREATE_MS, limit })
  return { removed, before, now }
}
