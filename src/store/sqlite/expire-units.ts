import type { Instant } from '../../model/task.ts'
import type { Task } from '../task-store.ts'
import { unlessDamaged } from './damaged-row.ts'
import { integer, optional, type Row, text } from '../row.ts'
import { timedOut, undelivered } from '../task-failures.ts'
import { endTask, loseAttempt, readSound } from './task-ending.ts'
import type { Unit } from './unit.ts'

const MAX_EXPIRED = 1_000

/** A task that is damaged holds up no other one. Deadlines of tasks first: a claim that ran out together with its task gives nothing back to the queue. */
export function expireTasks(unit: Unit, input: { readonly now: Instant }): readonly Task[] {
  const { sql } = unit
  const { now } = input
  const ended: number[] = []
  let left = MAX_EXPIRED

  const execution = sql.all('expired_execution', { now, limit: left })
  for (const row of execution) if (unlessDamaged(() => timeOut(unit, row))) ended.push(integer(row, 'number'))
  left -= execution.length

  const delivery = sql.all('expired_delivery', { now, limit: left })
  for (const row of delivery) if (unlessDamaged(() => failUndelivered(unit, row))) ended.push(integer(row, 'number'))
  left -= delivery.length

  for (const row of sql.all('expired_claims', { now, limit: left })) {
    const task = integer(row, 'task')
    const number = integer(row, 'number')
    if (unlessDamaged(() => loseAttempt(unit, { task, number }))) ended.push(task)
  }
  return readSound(unit, ended)
}

function timeOut(unit: Unit, row: Row): boolean {
  return endTask(unit, {
    task: integer(row, 'number'),
    state: 'TimedOut',
    failure: timedOut(optional(row, 'step', text)),
  })
}

function failUndelivered(unit: Unit, row: Row): boolean {
  return endTask(unit, {
    task: integer(row, 'number'),
    state: 'Failed',
    failure: undelivered({
      connected: integer(row, 'connected') === 1,
      claimed: integer(row, 'attempts') > 0,
      lastSeenAt: optional(row, 'last_seen_at', integer),
    }),
  })
}
