import type { AttemptId } from '../../model/ids.ts'
import type { Adopted, SessionEpoch } from '../task-store.ts'
import { integer, text } from '../row.ts'
import { loseAttempt, readSound } from './task-ending.ts'
import type { Unit } from './unit.ts'

const NOTHING: Adopted = { current: [], superseded: [], ended: [] }

/** Claims of this very session are left alone: what was sent a moment ago cannot be among what the gateway holds. */
export function adoptAttempts(
  unit: Unit,
  input: { readonly session: SessionEpoch; readonly holding: readonly AttemptId[] },
): Adopted {
  const { sql, ids } = unit
  const { session, holding } = input
  const { epoch } = session
  const gateway = ids.gatewayNumber(session.gateway)
  if (sql.get('live_session', { gateway, epoch }) === undefined) return NOTHING

  const held = new Set<string>(holding)
  const ended: number[] = []
  for (const row of sql.all('open_attempts_of_older_sessions', { gateway, epoch })) {
    if (held.has(text(row, 'id'))) continue
    const task = integer(row, 'task')
    if (loseAttempt(unit, { task, number: integer(row, 'number') })) ended.push(task)
  }

  const current: AttemptId[] = []
  const superseded: AttemptId[] = []
  for (const attempt of new Set(holding)) {
    const row = sql.get('live_attempt_of_gateway', { gateway, attempt })
    if (row === undefined) {
      superseded.push(attempt)
      continue
    }
    const task = integer(row, 'task')
    sql.run('reopen_attempt', { task, number: integer(row, 'number') })
    sql.run('withdraw_task', { task })
    current.push(attempt)
  }
  return { current, superseded, ended: readSound(unit, ended) }
}
