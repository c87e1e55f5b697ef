import { CONFLICT_MS } from '../../model/gateway.ts'
import { type Instant, RESTART_GRACE_MS } from '../../model/task.ts'
import type { Unit } from './unit.ts'

/** Its caller is told so long that it expired; then it is as if it had never been. */
const EXPIRED_KEY_MS = 60 * 60_000

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
    sql.run('purge_tasks', { before: now - taskMs, limit }) +
    sql.run('purge_nonces', { now, limit }) +
    sql.run('purge_enrollments', { now, limit }) +
    sql.run('purge_temporary_keys', { before: now - EXPIRED_KEY_MS, limit }) +
    sql.run('purge_gateways', { limit })
  )
}
