import type { AttemptId } from '../../model/ids.ts'
import type { ClaimKey, Finish, Result } from '../task-store.ts'
import { unlessDamaged } from './damaged-row.ts'
import { integer, text } from '../row.ts'
import { endTask, readTaskRow } from './task-ending.ts'
import type { WithReadTask } from './task-row.ts'
import type { Unit } from './unit.ts'

/** One outcome per task. The attempt that gave it may say it again, since an acknowledgement can be lost. */
export function finishTask(
  unit: Unit,
  input: { readonly claim: ClaimKey; readonly result: Result },
): WithReadTask<Finish> {
  const { sql, ids, now } = unit
  const { claim, result } = input
  const { attempt } = claim
  const gateway = ids.gatewayNumber(claim.gateway)
  const row = sql.get('attempt_of_claim', { gateway, epoch: claim.epoch, attempt })
  if (row === undefined) return { kind: 'unknown' }
  const task = integer(row, 'task')

  if (text(row, 'state') !== 'over' && endWith(unit, task, result)) {
    storeResult(unit, { task, attempt, result })
    return finished(unit, task)
  }
  if (sql.get('outcome_of_attempt', { task, attempt, digest: result.digest })) {
    return finished(unit, task)
  }
  const { outcome, digest } = result
  const bytes = result.parts.reduce((sum, part) => sum + part.length, 0)
  const count = outcome.kind === 'listing' ? outcome.count : null
  sql.run('record_late', { task, number: integer(row, 'number'), now, digest, count, bytes })
  return { kind: 'late' }
}

/** A gateway need not keep the outcome of a task whose row is damaged: nobody will be told it. The caller has the outcome. */
function finished(unit: Unit, number: number): WithReadTask<Finish> {
  const task = unlessDamaged(() => readTaskRow(unit, number))
  return task === undefined ? { kind: 'late' } : { kind: 'finished', task }
}

/** What has an outcome was accepted, also where it ended before that was stored. */
function endWith(unit: Unit, task: number, { outcome }: Result): boolean {
  const of = { task, acceptedAt: unit.now }
  if (outcome.kind === 'listing') return endTask(unit, { ...of, state: 'Succeeded' })
  const { code, message } = outcome
  return endTask(unit, { ...of, state: 'Failed', failure: { code, message } })
}

function storeResult(
  { sql, now }: Unit,
  stored: { readonly task: number; readonly attempt: AttemptId; readonly result: Result },
): void {
  const { task, attempt, result } = stored
  const { outcomeText, digest, signature, key, outcome, parts } = result
  sql.run('insert_outcome', {
    task,
    attempt,
    now,
    outcome_text: outcomeText,
    digest,
    signature,
    key_fingerprint: key,
  })
  if (outcome.kind !== 'listing') return
  for (const [part, data] of parts.entries()) sql.run('insert_result', { task, part, data })
}

export function recordVerified(
  { sql }: Unit,
  results: readonly { readonly attempt: AttemptId; readonly ok: boolean }[],
): void {
  for (const { attempt, ok } of results) sql.run('set_verified', { attempt, ok: ok ? 1 : 0 })
}
