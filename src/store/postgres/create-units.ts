import { PosternError } from '../../model/errors.ts'
import { MAX_WAITING_TASKS } from '../../model/task.ts'
import type { Nonce } from '../access-store.ts'
import { integer, oneOf, type Row } from '../row.ts'
import type { Created, NewTask } from '../task-store.ts'
import { jsonRows } from './statements.ts'
import type { BatchUnit } from './unit.ts'
import type { BulkUnit } from './write-lane.ts'

const VERDICTS = ['new', 'same token', 'token taken', 'nonce used', 'no gateway', 'queue full', 'raced'] as const
/** Of a token that other nodes make and lose at the same moment, again and again. */
const MAX_RACES = 3

interface Creation {
  readonly task: NewTask
  readonly burn: Nonce | undefined
}

/** Tasks with their tokens and nonces, one statement for all of them. */
export const CREATE_TASKS: BulkUnit<Creation, Created> = {
  run: createTasks,
  keys: ({ task: { account, token }, burn }) => [
    ...(token === undefined ? [] : [`token ${account} ${token.action} ${token.value}`]),
    ...(burn === undefined ? [] : [`nonce ${burn.key} ${burn.value}`]),
  ],
}

async function createTasks(unit: BatchUnit, creations: readonly Creation[]): Promise<readonly Created[]> {
  const results = new Map<number, Created>()
  let open = [...creations.entries()]
  for (let races = 0; open.length > 0; races++) {
    if (races > MAX_RACES) {
      throw new PosternError('ServiceUnavailable', {
        values: { why: 'Others use the same ClientToken at this moment.' },
      })
    }
    const rows = open.map(([ord, creation]) => rowOf(unit, ord, creation))
    const raced = new Set<number>()
    const bounds = { now: unit.time, floor: unit.floor, most: MAX_WAITING_TASKS }
    for (const row of await unit.sql.all('create_tasks', { rows: jsonRows(rows), ...bounds })) {
      const created = createdOf(unit, row)
      if (created === undefined) raced.add(integer(row, 'ord'))
      else results.set(integer(row, 'ord'), created)
    }
    open = open.filter(([ord]) => raced.has(ord))
    // The other node's token is seen by the next statement, which decides anew; it may be a refusal that burns nothing.
    const burnt = open.flatMap(([, { burn }]) => (burn === undefined ? [] : [{ key: burn.key, value: burn.value }]))
    if (burnt.length > 0) await unit.sql.run('return_nonces', { rows: jsonRows(burnt) })
  }
  return [...results].toSorted(([a], [b]) => a - b).map(([, created]) => created)
}

const rowOf = ({ ids }: BatchUnit, ord: number, { task, burn }: Creation) => ({
  ord,
  account: task.account,
  gateway: ids.gatewayNumber(task.gateway),
  engine: task.engine,
  host: task.host ?? null,
  port: task.port ?? null,
  delivery_ms: task.deliveryMs,
  execution_ms: task.executionMs,
  created_by: task.createdBy,
  request: task.request,
  action: task.token?.action ?? null,
  token: task.token?.value ?? null,
  parameters: task.token?.parameters ?? null,
  token_expires_at: task.token?.expiresAt ?? null,
  nonce_key: burn?.key ?? null,
  nonce: burn?.value ?? null,
  nonce_expires_at: burn?.expiresAt ?? null,
})

function createdOf({ ids }: BatchUnit, row: Row): Created | undefined {
  const verdict = oneOf(row, 'verdict', VERDICTS)
  if (verdict === 'raced') return undefined
  if (verdict !== 'new' && verdict !== 'same token') return { kind: verdict }
  return { kind: verdict, task: ids.taskId(integer(row, 'task')) }
}
