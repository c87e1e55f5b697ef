import type { Clock } from '../../base/clock.ts'
import type { AccountId, TaskId } from '../../model/ids.ts'
import { outcomeDigest } from '../../model/outcome-digest.ts'
import type { Nonce } from '../access-store.ts'
import { endingsOf } from '../endings.ts'
import { gatewayLoadsOf, openTasksOf } from '../gateway-load.ts'
import { DamagedTaskError } from '../damaged-task-error.ts'
import type { PublicIds } from '../public-id.ts'
import { bytes, integer, optional, type Row, text } from '../row.ts'
import { detailsOf } from '../task-details.ts'
import { signedResultOf } from '../task-row.ts'
import type { ClaimKey, Credit, NewTask, Result, SessionEpoch, Task, TaskStore } from '../task-store.ts'
import { adoptAttempts, RECORD_ATTEMPTS, recordSteps } from './attempt-units.ts'
import { CLAIM_TASKS } from './claim-units.ts'
import { CREATE_TASKS } from './create-units.ts'
import { jsonRows, numbers } from './statements.ts'
import { wholeTaskOf } from './task-ending.ts'
import type { LookUp } from './look-lane.ts'
import { listTasks } from './task-list.ts'
import { cancelTask } from './task-units.ts'
import type { StoreTransactions, Transactions } from './transactions.ts'
import { writeLane } from './write-lane.ts'

/** Most rows of one look at unchecked results. */
const MAX_UNVERIFIED = 1_000
/** Servers check the results of their own gateways within seconds; those of one that is gone are for everybody. */
const LEFT_OVER_MS = 10_000

export function postgresTaskStore(parts: {
  readonly transactions: StoreTransactions
  /** Of this process. */
  readonly clock: Clock
  readonly ids: PublicIds
  readonly lookUp: LookUp
  /** One round of what passes with time. */
  readonly expire: () => Promise<readonly Task[]>
}): TaskStore {
  const { transactions, clock, ids, lookUp, expire } = parts
  const lanes = { transactions, clock }
  const { look, read, write } = transactions
  const create = writeLane(lanes, CREATE_TASKS)
  const claim = writeLane(lanes, CLAIM_TASKS)
  const record = writeLane(lanes, RECORD_ATTEMPTS)
  return {
    inOrder: false,
    create: (task: NewTask, burn: Nonce | undefined) => create({ task, burn }),
    async get(account, id) {
      const [row] = await lookUp('tasks_of_accounts', { task: ids.taskNumber(id), account })
      return row && wholeTaskOf(row, ids)
    },
    async details(account, id) {
      const task = ids.taskNumber(id)
      const [[row] = [], [outcome] = [], attempts = []] = await look([
        { name: 'task_of_account', parameters: { task, account } },
        { name: 'outcome_of_task', parameters: { task } },
        { name: 'attempts_of_task', parameters: { task } },
      ])
      return row && detailsOf(wholeTaskOf(row, ids), { outcome, attempts })
    },
    list: (account, filter, page) => read((unit) => listTasks(unit, { account, filter, page })),
    async parts(account, id) {
      const [row] = await lookUp('short_results', { task: ids.taskNumber(id), account })
      if (row === undefined) return undefined
      const isLong = integer(row, 'last_part') > 0
      return isLong ? readLongResult(look, { account, id, task: ids.taskNumber(id) }) : partsOf(id, row, [row])
    },
    async evidence(account, id, { from, limit }) {
      const task = ids.taskNumber(id)
      const [[row] = [], rows = []] = await look([
        { name: 'evidence_of_task', parameters: { task, account } },
        { name: 'result_parts_from', parameters: { task, from, limit } },
      ])
      return (
        row && {
          ...signedResultOf(row, ids),
          outcomeText: text(row, 'outcome_text'),
          partCount: integer(row, 'part_count'),
          parts: rows.map((part) => bytes(part, 'data')),
        }
      )
    },
    claim: ({ gateway, epoch }: SessionEpoch, credit: Credit) => claim({ session: { gateway, epoch }, credit }),
    accepted: async (key: ClaimKey) => (await record({ claim: key })).runs,
    steps: (at) => write((unit) => recordSteps(unit, at)),
    adopt: (session, holding) => write((unit) => adoptAttempts(unit, session, holding)),
    finish: async (key: ClaimKey, result: Result) => (await record({ claim: key, result })).finish,
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
      read(async ({ sql, node, now }) => {
        const bounds = { node, left_over: now - LEFT_OVER_MS, limit: Math.min(limit, MAX_UNVERIFIED) }
        return (await sql.all('unverified_outcomes', bounds)).map((row) => signedResultOf(row, ids))
      }),
    verified: (results) =>
      write(async ({ sql }) => {
        if (results.length > 0) await sql.run('set_verified', { rows: jsonRows(results) })
      }),
  }
}

/** More than one part: not together with the results of others, which might all be long. */
async function readLongResult(
  look: Transactions['look'],
  { account, id, task }: { readonly account: AccountId; readonly id: TaskId; readonly task: number },
): Promise<readonly Uint8Array[] | undefined> {
  const [[row] = [], parts = []] = await look([
    { name: 'short_results', parameters: { rows: jsonRows([{ ord: 0, task, account }]) } },
    { name: 'result_parts', parameters: { task } },
  ])
  return row && partsOf(id, row, parts)
}

/** As the gateway sent and signed them: a result that is not is no result. None of a task that gave no list. */
function partsOf(id: TaskId, task: Row, rows: readonly Row[]): readonly Uint8Array[] {
  const digest = optional(task, 'digest', text)
  if (digest === undefined) return []
  const parts = rows.flatMap((row) => optional(row, 'data', bytes) ?? [])
  if (outcomeDigest(text(task, 'outcome_text'), parts) === digest) return parts
  throw new DamagedTaskError(id, 'the digest of its result differs')
}
