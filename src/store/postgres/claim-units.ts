import { randomBytes } from 'node:crypto'
import { toAccountId, toAttemptId } from '../../model/ids.ts'
import { entry, integer, optional, type Row, text } from '../row.ts'
import { endpointOf } from '../task-row.ts'
import type { Claim, Credit, SessionEpoch } from '../task-store.ts'
import { jsonRows } from './statements.ts'
import type { BatchUnit } from './unit.ts'
import type { BulkUnit } from './write-lane.ts'

/** Most claims of one call, whatever the credit. */
const MAX_CLAIMS = 256
/** Of what ids and nonces of attempts are made of: no two calls have the same. */
const SEED_BYTES = 32

interface Asked {
  readonly session: SessionEpoch
  readonly credit: Credit
}

/** Oldest first. Tasks of an endpoint at its limit are passed over and use no credit. */
export const CLAIM_TASKS: BulkUnit<Asked, readonly Claim[]> = {
  run: claimTasks,
  keys: ({ session }) => [String(session.gateway)],
}

async function claimTasks(unit: BatchUnit, asked: readonly Asked[]): Promise<readonly (readonly Claim[])[]> {
  const { sql, ids, time, floor } = unit
  const rows = asked.map(({ session, credit }) => ({
    gateway: ids.gatewayNumber(session.gateway),
    epoch: session.epoch,
    total: Math.min(credit.total, MAX_CLAIMS),
    each: credit.perEndpoint,
  }))
  const seed = randomBytes(SEED_BYTES)
  const claimed = new Map<number, Row[]>()
  for (const row of await sql.all('claim_tasks', { rows: jsonRows(rows), floor, now: time, seed })) {
    const gateway = integer(row, 'gateway')
    const list = claimed.get(gateway) ?? []
    list.push(row)
    claimed.set(gateway, list)
  }
  return asked.map(({ session }, index) =>
    (claimed.get(rows[index]?.gateway ?? 0) ?? []).map((row) => claimOf(unit, row, session)),
  )
}

const claimOf = ({ ids }: BatchUnit, row: Row, { epoch }: SessionEpoch): Claim => ({
  task: ids.taskId(integer(row, 'number')),
  attempt: toAttemptId(text(row, 'attempt')),
  number: integer(row, 'attempts'),
  epoch,
  account: toAccountId(text(row, 'account')),
  ...endpointOf(row),
  executionMs: integer(row, 'left_ms'),
  ...entry('acceptWithinMs', optional(row, 'delivery_left_ms', integer)),
  nonce: text(row, 'nonce'),
})
