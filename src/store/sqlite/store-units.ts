import { CONFLICT_MS } from '../../model/gateway.ts'
import { type Instant, RESTART_GRACE_MS } from '../../model/task.ts'
import { integer } from '../row.ts'
import type { Unit } from './unit.ts'

/** Its caller is told so long that it expired; then it is as if it had never been. */
const EXPIRED_KEY_MS = 60 * 60_000
/** Of results in one step: a result has up to 64 MiB, and to remove one reads all of it. */
const MAX_PURGED_BYTES = 4 * 1024 * 1024

/**
 * No session outlived the process; whatever runs gets time to come back, however long the server was away (row 27). Nor does
 * anything wait for longer than it was to wait at first, wherever the clock was set meanwhile.
 */
export function restart({ sql, now }: Unit, _input: object): void {
  const until = now + RESTART_GRACE_MS
  sql.run('restart_gateways', { now, conflict_ms: CONFLICT_MS })
  sql.run('forget_later_replacements', { now })
  sql.run('restart_claims', { until })
  sql.run('restart_delivery', { now, until })
  sql.run('restart_execution', { now, until })
}

export function purge(
  { sql }: Unit,
  input: { readonly now: Instant; readonly taskMs: number; readonly limit: number },
): number {
  const { now, taskMs, limit } = input
  return (
    sql.run('purge_client_tokens', { now, limit }) +
    purgeTasks(sql, { before: now - taskMs, limit }) +
    sql.run('purge_nonces', { now, limit }) +
    sql.run('purge_enrollments', { now, limit }) +
    sql.run('purge_temporary_keys', { before: now - EXPIRED_KEY_MS, limit }) +
    sql.run('purge_gateways', { limit })
  )
}

/** Oldest first, with all that belongs to each; fewer where their results are large, but always one. */
function purgeTasks(sql: Unit['sql'], { before, limit }: { before: Instant; limit: number }): number {
  let removed = 0
  let bytes = 0
  for (const row of sql.all('purgeable_tasks', { before, limit })) {
    const task = integer(row, 'number')
    if (bytes >= MAX_PURGED_BYTES) break
    bytes += resultBytes(sql, task)
    removed += sql.run('purge_task', { task })
  }
  return removed
}

function resultBytes(sql: Unit['sql'], task: number): number {
  const row = sql.get('result_bytes', { task })
  return row === undefined ? 0 : integer(row, 'bytes')
}
