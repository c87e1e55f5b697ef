import { type AttemptId, toAttemptId } from '../../model/ids.ts'
import type { StepName } from '../../model/listing.ts'
import { MAX_WAITING_TASKS } from '../../model/task.ts'
import type { Nonce } from '../access-store.ts'
import type { Cancelled, CancelTask, ClaimKey, Created, NewTask } from '../task-store.ts'
import { burnNonce } from './access-units.ts'
import { integer, text } from '../row.ts'
import { failure } from '../task-failures.ts'
import { endTask, readTask } from './task-ending.ts'
import type { WithReadTask } from './task-row.ts'
import type { Unit } from './unit.ts'

/** The nonce first, as everywhere in the pipeline; it is burnt unless the request is refused. */
export function createTask(unit: Unit, input: { readonly task: NewTask; readonly burn: Nonce | undefined }): Created {
  const { sql, ids, now } = unit
  const { task, burn } = input
  const { account, token } = task
  if (burn !== undefined && sql.get('nonce', { key: burn.key, value: burn.value })) return { kind: 'nonce used' }

  const known = token && sql.get('client_token', { account, action: token.action, value: token.value, now })
  if (known !== undefined) {
    if (text(known, 'parameters') !== token?.parameters) return { kind: 'token taken' }
    if (burn !== undefined) burnNonce(unit, burn)
    return { kind: 'same token', task: ids.taskId(integer(known, 'task')) }
  }

  const gateway = sql.get('region_of_gateway', { number: ids.gatewayNumber(task.gateway), account })
  if (gateway === undefined) return { kind: 'no gateway' }
  const queue = { gateway: integer(gateway, 'number'), most: MAX_WAITING_TASKS - 1 }
  if (sql.get('queue_is_full', queue) !== undefined) return { kind: 'queue full' }
  if (burn !== undefined) burnNonce(unit, burn)
  const number = sql.insert('insert_task', {
    account,
    gateway: integer(gateway, 'number'),
    region: text(gateway, 'region'),
    engine: task.engine,
    host: task.host ?? null,
    port: task.port ?? null,
    now,
    created_by: task.createdBy,
    request: task.request,
    delivery_ms: task.deliveryMs,
    delivery_deadline: now + task.deliveryMs,
    execution_ms: task.executionMs,
  })
  if (token !== undefined) {
    const { action, value, parameters, expiresAt } = token
    sql.run('keep_client_token', { account, action, value, parameters, task: number, expires_at: expiresAt })
  }
  return { kind: 'new', task: ids.taskId(number) }
}

export function acceptAttempt({ sql, ids, now }: Unit, claim: ClaimKey): boolean {
  const { gateway, epoch, attempt } = claim
  const row = sql.get('attempt_of_claim', { gateway: ids.gatewayNumber(gateway), epoch, attempt })
  if (row === undefined || text(row, 'state') !== 'open') return false
  sql.run('accept_task', { task: integer(row, 'task'), now })
  return true
}

export function recordSteps(
  { sql }: Unit,
  at: readonly { readonly attempt: AttemptId; readonly step: StepName }[],
): void {
  for (const { attempt, step } of at) sql.run('set_step', { attempt, step })
}

export function cancelTask(
  unit: Unit,
  input: { readonly cancel: CancelTask; readonly burn: Nonce | undefined },
): WithReadTask<Cancelled> {
  const { sql, ids } = unit
  const { cancel, burn } = input
  const { account, id, by } = cancel
  if (burn !== undefined && sql.get('nonce', { key: burn.key, value: burn.value })) return { kind: 'nonce used' }
  const number = ids.taskNumber(id)
  if (sql.get('task_of_account', { task: number, account }) === undefined) return { kind: 'no task' }
  if (burn !== undefined) burnNonce(unit, burn)
  const attempt = sql.get('open_attempt_of_task', { task: number })
  endTask(unit, {
    task: number,
    state: 'Cancelled',
    failure: failure('Task.Cancelled', `By ${by}.`),
    cancelledBy: by,
  })
  const cancelled = { kind: 'cancelled', task: readTask(unit, number) } as const
  return attempt === undefined ? cancelled : { ...cancelled, attempt: toAttemptId(text(attempt, 'id')) }
}
