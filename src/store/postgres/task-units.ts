import { toAttemptId } from '../../model/ids.ts'
import type { Nonce } from '../access-store.ts'
import { integer, optional, type Row, text } from '../row.ts'
import { failure, timedOut, undelivered } from '../task-failures.ts'
import type { Cancelled, CancelTask, Task } from '../task-store.ts'
import { burnNonce, nonceUsed } from './nonce-units.ts'
import { numbers } from './statements.ts'
import { type Ending, endTasks, loseAttempts, readTasks } from './task-ending.ts'
import type { Unit } from './unit.ts'

const MAX_EXPIRED = 1_000

export async function cancelTask(unit: Unit, cancel: CancelTask, burn: Nonce | undefined): Promise<Cancelled> {
  const { sql, ids } = unit
  const { account, id, by } = cancel
  if (await nonceUsed(unit, burn)) return { kind: 'nonce used' }
  const number = ids.taskNumber(id)
  if ((await sql.get('task_of_account', { task: number, account })) === undefined) return { kind: 'no task' }
  if (!(await burnNonce(unit, burn))) return { kind: 'nonce used' }
  await sql.run('lock_tasks', { numbers: numbers([number]) })
  const attempt = await sql.get('open_attempt_of_task', { task: number })
  await endTasks(unit, [
    { task: number, state: 'Cancelled', failure: failure('Task.Cancelled', `By ${by}.`), cancelledBy: by },
  ])
  const [task] = await readTasks(unit, [number])
  if (task === undefined) throw new Error('a task that was there is gone')
  const cancelled = { kind: 'cancelled', task } as const
  return attempt === undefined ? cancelled : { ...cancelled, attempt: toAttemptId(text(attempt, 'id')) }
}

/**
 * Deadlines of tasks first: a claim that ran out together with its task gives nothing back to the queue. What another
 * node works on at this moment is left to it, or to the next call.
 */
export async function expireTasks(unit: Unit): Promise<readonly Task[]> {
  const { sql, now, floor } = unit
  let limit = MAX_EXPIRED
  const execution = await sql.all('expired_execution', { now, floor, limit })
  limit -= execution.length
  const delivery = await sql.all('expired_delivery', { now, floor, limit })
  limit -= delivery.length
  const ended = await endTasks(unit, [...execution.map(timeOut), ...delivery.map(failUndelivered)])

  const claims = await sql.all('expired_claims', { now, floor, limit })
  const lost = claims.map((row) => ({ task: integer(row, 'task'), number: integer(row, 'number') }))
  return readTasks(unit, [...ended, ...(await loseAttempts(unit, lost, now))])
}

const timeOut = (row: Row): Ending => ({
  task: integer(row, 'number'),
  state: 'TimedOut',
  failure: timedOut(optional(row, 'step', text)),
})

const failUndelivered = (row: Row): Ending => ({
  task: integer(row, 'number'),
  state: 'Failed',
  failure: undelivered({
    connected: row['connected'] === true,
    claimed: integer(row, 'attempts') > 0,
    lastSeenAt: optional(row, 'last_seen_at', integer),
  }),
})
