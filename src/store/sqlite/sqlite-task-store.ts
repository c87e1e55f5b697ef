import type { Log } from '../../base/log.ts'
import type { AccountId, TaskId } from '../../model/ids.ts'
import type { PublicIds } from '../public-id.ts'
import type { Result, SessionEpoch, TaskStore } from '../task-store.ts'
import { endingsOf } from '../endings.ts'
import { gatewayLoadsOf, openTasksOf } from '../gateway-load.ts'
import { readOfTask } from './damaged-row.ts'
import { bytes, integer, optional, text } from '../row.ts'
import type { Statements } from './statements.ts'
import { detailsOf } from '../task-details.ts'
import { listTasks } from './task-list.ts'
import { signedResultOf } from '../task-row.ts'
import { outcomeRowOf, partsOf, taskOf } from './task-row.ts'
import { wholeTaskOf, withListing } from './whole-task.ts'
import type { Writer } from './writer-client.ts'

/** Tasks of all accounts, of one look at those that ended. */
const ENDINGS_AT_ONCE = 2_000
/** Most rows of one look at unchecked results. */
const MAX_UNVERIFIED = 1_000

/** `reader` is on a connection of this thread that cannot write. */
export function sqliteTaskStore(parts: { writer: Writer; reader: Statements; ids: PublicIds; log: Log }): TaskStore {
  const { writer, reader, ids, log } = parts
  const sql = reader
  const rowOf = (account: AccountId, id: TaskId) =>
    readOfTask(id, () => reader.get('task_of_account', { task: ids.taskNumber(id), account }))
  const read = (account: AccountId, id: TaskId) => {
    const row = rowOf(account, id)
    return row && wholeTaskOf(row, { sql, ids })
  }
  return {
    inOrder: true,
    create: (task, burn) => writer.write('createTask', { task, burn }),
    get: async (account, id) => reader.atOneMoment(() => read(account, id)),
    details: async (account, id) =>
      reader.atOneMoment(() => {
        const task = ids.taskNumber(id)
        const found = read(account, id)
        if (found === undefined) return undefined
        const outcome = outcomeRowOf({ sql, ids }, task)
        return detailsOf(found, { outcome, attempts: readOfTask(id, () => reader.all('attempts_of_task', { task })) })
      }),
    list: async (account, filter, page) =>
      reader.atOneMoment(() => listTasks({ reader, ids, log }, { account, filter, page })),
    parts: async (account, id) =>
      reader.atOneMoment(() => {
        const row = rowOf(account, id)
        if (row === undefined) return undefined
        return taskOf(row, ids).state === 'Succeeded' ? partsOf({ sql, ids }, ids.taskNumber(id)) : []
      }),
    evidence: async (account, id, { from, limit }) =>
      reader.atOneMoment(() => {
        const task = ids.taskNumber(id)
        const row = reader.get('evidence_of_task', { task, account })
        if (row === undefined) return undefined
        return {
          ...signedResultOf(row, ids),
          outcomeText: text(row, 'outcome_text'),
          partCount: integer(row, 'part_count'),
          parts: reader.all('result_parts_from', { task, from, limit }).map((part) => bytes(part, 'data')),
        }
      }),
    claim: (session, credit) => writer.write('claimTasks', { session: epochOf(session), credit }),
    accepted: (claim) => writer.write('acceptAttempt', claim),
    steps: (at) => writer.write('recordSteps', at),
    adopt: (session, holding) => writer.write('adoptAttempts', { session: epochOf(session), holding }),
    async finish(claim, result) {
      const finish = await writer.write('finishTask', { claim, result: compact(result) }, sizeOf(result))
      if (finish.kind !== 'finished') return finish
      // The outcome that ended it is this one, now or when it was said before.
      const { outcome } = result
      return { ...finish, task: { ...finish.task, ...(outcome.kind === 'listing' && { listing: outcome }) } }
    },
    async cancel(cancel, burn) {
      const cancelled = await writer.write('cancelTask', { cancel, burn })
      return cancelled.kind === 'cancelled' ? { ...cancelled, task: withListing(cancelled.task) } : cancelled
    },
    expire: (now) => writer.write('expireTasks', { now }),
    async oldestWaiting() {
      const row = reader.get('oldest_waiting')
      return row && optional(row, 'at', integer)
    },
    async waiting() {
      return reader.all('waiting_gateways').map((row) => ids.gatewayId(integer(row, 'gateway')))
    },
    async loads(gateways, most) {
      const chosen = { numbers: JSON.stringify(gateways.map((id) => ids.gatewayNumber(id))), most }
      return gatewayLoadsOf(reader.all('open_of_gateways', chosen), ids)
    },
    openOf: async (account, most) => openTasksOf(reader.get('open_of_account', { account, most })),
    async endings(account, { from, to }) {
      const bound = reader.get('endings_bound', { from, to, rows: ENDINGS_AT_ONCE })
      // However many ended in the same millisecond, it goes on.
      const until = bound === undefined ? to : Math.max(integer(bound, 'ended_at'), from + 1)
      return { until, counts: endingsOf(reader.all('endings_of_account', { account, from, to: until })) }
    },
    async unverified(limit) {
      const rows = reader.all('unverified_outcomes', { limit: Math.min(limit, MAX_UNVERIFIED) })
      return rows.map((row) => signedResultOf(row, ids))
    },
    verified: (results) => writer.write('recordVerified', results),
  }
}

/** What callers hand over as a session may be more than that, and would not survive the way to the writer. */
export const epochOf = ({ gateway, epoch }: SessionEpoch): SessionEpoch => ({ gateway, epoch })

/** A view into a larger buffer would take all of it along to the writer, where it is not shared with it. */
const compact = (result: Result): Result => ({
  ...result,
  parts: result.parts.map((part) => {
    const isWhole = part.byteLength === part.buffer.byteLength
    return isWhole || part.buffer instanceof SharedArrayBuffer ? part : new Uint8Array(part)
  }),
})

const sizeOf = ({ parts, outcomeText }: Result) =>
  parts.reduce((sum, part) => sum + part.byteLength, 2 * outcomeText.length)
