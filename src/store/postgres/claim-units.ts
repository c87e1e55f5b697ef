import { randomBytes } from 'node:crypto'
import { newAttemptId, toAccountId } from '../../model/ids.ts'
import { integer, optional, type Row, text } from '../row.ts'
import { endpointOf } from '../task-row.ts'
import type { Claim, Credit, SessionEpoch } from '../task-store.ts'
import { jsonRows, numbers } from './statements.ts'
import type { Unit } from './unit.ts'
import type { BulkUnit } from './write-lane.ts'

/** Most claims of one call, whatever the credit. */
const MAX_CLAIMS = 256
/** How many of the oldest tasks are looked at before the search goes by endpoints. */
const WINDOW = 256

interface Asked {
  readonly session: SessionEpoch
  readonly credit: Credit
}

/** Oldest first. Tasks of an endpoint at its limit are passed over and use no credit. */
export const CLAIM_TASKS: BulkUnit<Asked, readonly Claim[]> = {
  run: claimTasks,
  keys: ({ session }) => [String(session.gateway)],
}

/** A session that may claim, and what it is to get. */
interface Choice extends Asked {
  readonly gateway: number
  readonly tasks: readonly number[]
}

async function claimTasks(unit: Unit, asked: readonly Asked[]): Promise<readonly (readonly Claim[])[]> {
  const { sql, ids, now, floor } = unit
  const numbered = asked.map((each) => ({ ...each, gateway: ids.gatewayNumber(each.session.gateway) }))
  const sessions = numbered.map(({ gateway, session }) => ({ gateway, epoch: session.epoch }))
  const live = new Set(
    (await sql.all('lock_sessions', { rows: jsonRows(sessions) })).map(
      (row) => `${integer(row, 'number')} ${integer(row, 'epoch')}`,
    ),
  )
  const claiming = numbered.filter(({ gateway, session }) => live.has(`${gateway} ${session.epoch}`))
  const choices = claiming.length === 0 ? [] : await chooseTasks(unit, claiming)
  const chosen = choices.flatMap(({ tasks }) => tasks)
  if (chosen.length === 0) return asked.map(() => [])

  const free = await sql.all('lock_claimable', { numbers: numbers(chosen), now })
  const locked = new Set(free.map((row) => integer(row, 'number')))
  const attempts = new Map(
    choices.flatMap(({ tasks, gateway, session }) =>
      tasks
        .filter((task) => locked.has(task))
        .map((task) => {
          const attempt = { id: newAttemptId(), nonce: randomBytes(16).toString('hex') }
          return [task, { task, gateway, epoch: session.epoch, session, ...attempt }] as const
        }),
    ),
  )
  if (attempts.size === 0) return asked.map(() => [])
  const rows = [...attempts.values()].map(({ task, id, gateway, epoch, nonce }) => ({
    task,
    id,
    gateway,
    epoch,
    nonce,
  }))
  const least = Math.min(floor, ...locked)
  const bySession = new Map<SessionEpoch, Claim[]>()
  for (const row of await sql.all('claim_tasks', { rows: jsonRows(rows), now, floor: least })) {
    const attempt = attempts.get(integer(row, 'number'))
    if (attempt === undefined) throw new Error('a task was claimed that nobody chose')
    const claims = bySession.get(attempt.session) ?? []
    claims.push(claimOf(unit, row, attempt))
    bySession.set(attempt.session, claims)
  }
  return asked.map(({ session }) => bySession.get(session) ?? [])
}

function claimOf(
  { ids, now }: Unit,
  row: Row,
  attempt: Pick<Claim, 'epoch' | 'nonce'> & { id: Claim['attempt'] },
): Claim {
  const deadline = optional(row, 'execution_deadline', integer)
  return {
    task: ids.taskId(integer(row, 'number')),
    attempt: attempt.id,
    number: integer(row, 'attempts'),
    epoch: attempt.epoch,
    account: toAccountId(text(row, 'account')),
    ...endpointOf(row),
    executionMs: deadline === undefined ? integer(row, 'execution_ms') : deadline - now,
    nonce: attempt.nonce,
  }
}

async function chooseTasks(
  unit: Unit,
  claiming: readonly (Asked & { readonly gateway: number })[],
): Promise<readonly Choice[]> {
  const { sql, now, floor } = unit
  const gateways = numbers(claiming.map(({ gateway }) => gateway))
  const open = new Map<number, Map<string, number>>(claiming.map(({ gateway }) => [gateway, new Map()]))
  for (const row of await sql.all('open_attempts_by_endpoint', { gateways, floor })) {
    open.get(integer(row, 'gateway'))?.set(text(row, 'endpoint'), integer(row, 'total'))
  }
  const windows = new Map<number, { number: number; endpoint: string }[]>()
  for (const row of await sql.all('oldest_claimable', { gateways, now, floor, limit: WINDOW })) {
    const window = windows.get(integer(row, 'gateway')) ?? []
    window.push({ number: integer(row, 'number'), endpoint: text(row, 'endpoint') })
    windows.set(integer(row, 'gateway'), window)
  }

  const choices: Choice[] = []
  for (const each of claiming) {
    const { gateway, credit } = each
    const total = Math.min(credit.total, MAX_CLAIMS)
    const taken = open.get(gateway) ?? new Map<string, number>()
    const before = Object.fromEntries(taken)
    const window = windows.get(gateway) ?? []
    const tasks: number[] = []
    for (const { number, endpoint } of window) {
      const used = taken.get(endpoint) ?? 0
      if (tasks.length >= total || used >= credit.perEndpoint) continue
      taken.set(endpoint, used + 1)
      tasks.push(number)
    }
    // Where all that waits was in the window, what is left is at its limit.
    const more = window.length === WINDOW && tasks.length < total
    choices.push({ ...each, tasks: more ? await byEndpoints(unit, { gateway, credit, total, open: before }) : tasks })
  }
  return choices
}

async function byEndpoints(
  { sql, now, floor }: Unit,
  search: {
    readonly gateway: number
    readonly credit: Credit
    readonly total: number
    readonly open: Readonly<Record<string, number>>
  },
): Promise<readonly number[]> {
  const { gateway, credit, total, open } = search
  const rows = await sql.all('claimable_of_endpoints', {
    gateway,
    floor,
    now,
    each: credit.perEndpoint,
    limit: total,
    open: jsonRows([open]).slice(1, -1),
  })
  return rows.map((row) => integer(row, 'number'))
}
