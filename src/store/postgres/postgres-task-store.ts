import type { Clock } from '../../base/clock.ts'
import type { AccountId, TaskId } from '../../model/ids.ts'
import { outcomeDigest } from '../../model/outcome-digest.ts'
import type { Nonce } from '../access-store.ts'
import { endingsOf } from '../endings.ts'
import { gatewayLoadsOf, openTasksOf } from '../gateway-load.ts'
import { DamagedTaskError } from '../damaged-task-error.ts'
import type { PublicIds } from '../public-id.ts'
import { bytes, integer, optional, text } from '../row.ts'
import { detailsOf } from '../task-details.ts'
import { signedResultOf } from '../task-row.ts'
import type { ClaimKey, Credit, NewTask, Result, SessionEpoch, Task, TaskStore } from '../task-store.ts'
import { ACCEPT_ATTEMPTS, adoptAttempts, FINISH_TASKS, recordSteps } from './attempt-units.ts'
import { CLAIM_TASKS } from './claim-units.ts'
import { CREATE_TASKS } from './create-units.ts'
import { jsonRows, numbers } from './statements.ts'
import { wholeTaskOf } from './task-ending.ts'
import { listTasks } from './task-list.ts'
import { cancelTask } from './task-units.ts'
import type { Transactions } from './transactions.ts'
import type { Unit } from './unit.ts'
import { writeLane } from './write-lane.ts'

/** Most rows of one look at unchecked results. */
const MAX_UNVERIFIED = 1_000

export function postgresTaskStore(parts: {
  readonly transactions: Transactions
  /** Of this process. */
  readonly clock: Clock
  readonly ids: PublicIds
  /** One round of what passes with time. */
  readonly expire: () => Promise<readonly Task[]>
}): TaskStore {
  const { transactions, clock, ids, expire } = parts
  const lanes = { transactions, clock }
  const { read, write } = transactions
  const create = writeLane(lanes, CREATE_TASKS)
  const claim = writeLane(lanes, CLAIM_TASKS)
  const accept = writeLane(lanes, ACCEPT_ATTEMPTS)
  const finish = writeLane(lanes, FINISH_TASKS)
  return {
    create: (task: NewTask, burn: Nonce | undefined) => create({ task, burn }),
    get: (account, id) => read((unit) => readTask(unit, account, id)),
    details: (account, id) =>
      read(async (unit) => {
        const found = await readTask(unit, account, id)
        if (found === undefined) return undefined
        const task = ids.taskNumber(id)
        const outcome = await unit.sql.get('outcome_of_task', { task })
        return detailsOf(found, { outcome, attempts: await unit.sql.all('attempts_of_task', { task }) })
      }),
    list: (account, filter, page) => read((unit) => listTasks(unit, { account, filter, page })),
    parts: (account, id) => read((unit) => readParts(unit, account, id)),
    evidence: (account, id, { from, limit }) =>
      read(async ({ sql }) => {
        const task = ids.taskNumber(id)
        const row = await sql.get('evidence_of_task', { task, account })
        if (row === undefined) return undefined
        const rows = await sql.all('result_parts_from', { task, from, limit })
        return {
          ...signedResultOf(row, ids),
          outcomeText: text(row, 'outcome_text'),
          partCount: integer(row, 'part_count'),
          parts: rows.map((part) => bytes(part, 'data')),
        }
      }),
    claim: ({ gateway, epoch }: SessionEpoch, credit: Credit) => claim({ session: { gateway, epoch }, credit }),
    accepted: (key: ClaimKey) => accept(key),
    steps: (at) => write((unit) => recordSteps(unit, at)),
    adopt: (session, holding) => write((unit) => adoptAttempts(unit, session, holding)),
    finish: (key: ClaimKey, result: Result) => finish({ claim: key, result }),
    cancel: (cancel, burn) => write((unit) => cancelTask(unit, cancel, burn)),
    expire,
    oldestWaiting: () =>
      read(async ({ sql, floor }) => {
        const row = await sql.get('oldest_waiting', { floor })
        return row && optional(row, 'at', integer)
      }),
    waiting: () =>
      read(async ({ sql, floor }) => {
        const rows = await sql.all('waiting_gateways', { floor })
        return rows.map((row) => ids.gatewayId(integer(row, 'gateway')))
      }),
    loads: (gateways, most) =>
      read(async ({ sql, floor }) => {
        const chosen = { numbers: numbers(gateways.map((id) => ids.gatewayNumber(id))), most, floor }
        return gatewayLoadsOf(await sql.all('open_of_gateways', chosen), ids)
      }),
    openOf: (account, most) =>
      read(async ({ sql, floor }) => openTasksOf(await sql.get('open_of_account', { account, most, floor }))),
    endings: (account, { from, to }) =>
      read(async ({ sql }) => {
        await sql.get('allow_bitmaps')
        return { until: to, counts: endingsOf(await sql.all('endings_of_account', { account, from, to })) }
      }),
    unverified: (limit) =>
      read(async ({ sql }) => {
        const rows = await sql.all('unverified_outcomes', { limit: Math.min(limit, MAX_UNVERIFIED) })
        return rows.map((row) => signedResultOf(row, ids))
      }),
    verified: (results) =>
      write(async ({ sql }) => {
        if (results.length > 0) await sql.run('set_verified', { rows: jsonRows(results) })
      }),
  }
}

async function readTask({ sql, ids }: Unit, account: AccountId, id: TaskId): Promise<Task | undefined> {
  const row = await sql.get('task_of_account', { task: ids.taskNumber(id), account })
  return row && wholeTaskOf(row, ids)
}

/** As the gateway sent and signed them: a result that is not is no result. */
async function readParts(unit: Unit, account: AccountId, id: TaskId): Promise<readonly Uint8Array[] | undefined> {
  const { sql, ids } = unit
  const found = await readTask(unit, account, id)
  if (found === undefined) return undefined
  const task = ids.taskNumber(id)
  const outcome = found.state === 'Succeeded' ? await sql.get('outcome_of_task', { task }) : undefined
  if (outcome === undefined) return []
  const parts = (await sql.all('result_parts', { task })).map((row) => bytes(row, 'data'))
  if (outcomeDigest(text(outcome, 'outcome_text'), parts) === text(outcome, 'digest')) return parts
  throw new DamagedTaskError(id, 'the digest of its result differs')
}
