import type { Instant } from '../../model/task.ts'
import type { Unit } from './unit.ts'

/** Its caller is told so long that it expired; then it is as if it had never been. */
const EXPIRED_KEY_MS = 60 * 60_000
/** Longer than any transaction may last. */
const LONGEST_CREATE_MS = 60_000

/**
 * Tasks whose time is over are gone for everybody from the commit on; their rows go with their partitions. What is not
 * partitioned goes row by row. `before`: tasks that ended then or earlier are gone.
 */
export async function purgeRows(
  { sql, now }: Unit,
  { taskMs, limit }: { readonly taskMs: number; readonly limit: number },
): Promise<{ readonly removed: number; readonly before: Instant }> {
  const before = now - taskMs
  await sql.run('raise_purged_before', { before })
  let removed = await sql.run('purge_client_tokens', { now, limit })
  removed += await sql.run('purge_nonces', { now, limit })
  removed += await sql.run('purge_enrollments', { now, limit })
  removed += await sql.run('purge_temporary_keys', { before: now - EXPIRED_KEY_MS, limit })
  removed += await sql.run('purge_gateways', { before: now - LONGEST_CREATE_MS, limit })
  // Last, because whoever leases from one of them waits for the commit.
  removed += await sql.run('purge_buckets', { now, limit })
  return { removed, before }
}
