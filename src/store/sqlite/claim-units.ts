import { randomBytes } from 'node:crypto'
import { newAttemptId } from '../../model/ids.ts'
import type { Claim, Credit, SessionEpoch } from '../task-store.ts'
import { unlessDamaged } from './damaged-row.ts'
import { entry, integer, text } from '../row.ts'
import { readTask } from './task-ending.ts'
import type { Unit } from './unit.ts'

/** Most claims of one call, whatever the credit. */
const MAX_CLAIMS = 256
/** How many of the oldest tasks are looked at before the search goes by endpoints. */
const WINDOW = 256

/** Oldest first. Tasks of an endpoint at its limit are passed over and use no credit. */
export function claimTasks(
  unit: Unit,
  input: { readonly session: SessionEpoch; readonly credit: Credit },
): readonly Claim[] {
  const { sql, ids } = unit
  const { session, credit } = input
  const gateway = ids.gatewayNumber(session.gateway)
  if (sql.get('live_session', { gateway, epoch: session.epoch }) === undefined) return []

  const total = Math.min(credit.total, MAX_CLAIMS)
  const rooms = roomsOf(unit, gateway, credit.perEndpoint)
  const claims: Claim[] = []
  const claim = (task: number) => claims.push(...claimOne(unit, { task, gateway, session }))

  const window = sql.all('oldest_claimable', { gateway, now: unit.now, limit: WINDOW })
  for (const row of window) {
    if (claims.length >= total) return claims
    if (rooms.take(text(row, 'endpoint'))) claim(integer(row, 'number'))
  }
  // All that waits was in the window, so what is left is at its limit.
  if (window.length < WINDOW) return claims
  for (const task of beyondWindow(unit, { gateway, rooms, limit: total - claims.length })) claim(task)
  return claims
}

interface Rooms {
  /** Uses one place of the endpoint; false where none is free. */
  take(endpoint: string): boolean
  free(endpoint: string): number
  full(): readonly string[]
}

/** The free places of each endpoint, what is open on the gateway now taken off. */
function roomsOf({ sql }: Unit, gateway: number, perEndpoint: number): Rooms {
  const open = new Map<string, number>()
  for (const row of sql.all('open_attempts_by_endpoint', { gateway })) {
    open.set(text(row, 'endpoint'), integer(row, 'total'))
  }
  const free = (endpoint: string) => perEndpoint - (open.get(endpoint) ?? 0)
  return {
    take(endpoint) {
      if (free(endpoint) <= 0) return false
      open.set(endpoint, (open.get(endpoint) ?? 0) + 1)
      return true
    },
    free,
    full: () => [...open.keys()].filter((endpoint) => free(endpoint) <= 0),
  }
}

/** The oldest tasks of the endpoints that have room. The `limit` oldest lie within the `limit` endpoints of the oldest heads. */
function beyondWindow(
  { sql, now }: Unit,
  search: { readonly gateway: number; readonly rooms: Rooms; readonly limit: number },
): readonly number[] {
  const { gateway, rooms, limit } = search
  if (limit <= 0) return []
  const endpoints = sql.all('claimable_endpoints', { gateway, full: JSON.stringify(rooms.full()), limit })
  const tasks = endpoints.flatMap((row) => {
    const endpoint = text(row, 'endpoint')
    const free = Math.min(rooms.free(endpoint), limit)
    if (free <= 0) return []
    return sql
      .all('claimable_of_endpoint', { gateway, endpoint, now, limit: free })
      .map((task) => integer(task, 'number'))
  })
  return tasks.toSorted((a, b) => a - b).slice(0, limit)
}

/** None where the task is damaged: what it asks for is not known, so it waits for its deadline and runs nowhere. */
function claimOne(
  unit: Unit,
  claim: { readonly task: number; readonly gateway: number; readonly session: SessionEpoch },
): readonly Claim[] {
  const { sql, ids, now } = unit
  const { task, gateway, session } = claim
  if (sql.run('claim_task', { task }) === 0) throw new Error('a claimable task could not be claimed')
  const claimed = unlessDamaged(() => readTask(unit, task))
  if (claimed === undefined) return []
  const number = claimed.attempts
  const id = newAttemptId()
  const nonce = randomBytes(16).toString('hex')
  if (number > 1) sql.run('supersede_attempts', { task })
  sql.run('insert_attempt', { task, number, id, gateway, epoch: session.epoch, nonce, now })
  const { account, engine, host, port, executionDeadline: deadline, executionMs, deliveryDeadline } = claimed
  return [
    {
      task: ids.taskId(task),
      attempt: id,
      number,
      epoch: session.epoch,
      account,
      engine,
      ...entry('host', host),
      ...entry('port', port),
      ...(deadline === undefined
        ? { executionMs, acceptWithinMs: deliveryDeadline - now }
        : { executionMs: deadline - now }),
      nonce,
    },
  ]
}
