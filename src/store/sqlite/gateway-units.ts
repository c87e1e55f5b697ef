import type { Nonce } from '../access-store.ts'
import type { DeleteGateway, Gateway, UpdateGateway } from '../fleet-store.ts'
import type { Task } from '../task-store.ts'
import { burnNonce } from './access-units.ts'
import { gatewayOf } from '../gateway-row.ts'
import { integer, text } from '../row.ts'
import { failure } from '../task-failures.ts'
import { endTask, readSound } from './task-ending.ts'
import type { Unit } from './unit.ts'

/** Most tasks and most gateways of one call, so that others get their turn in between. */
const MAX_ENDED = 500

export function updateGateway(
  unit: Unit,
  input: { readonly update: UpdateGateway; readonly burn: Nonce | undefined },
): Gateway | 'no gateway' | 'nonce used' {
  const { update, burn } = input
  const { name, region } = update
  const found = findToChange(unit, { ...update, burn })
  if (typeof found === 'string') return found
  unit.sql.run('update_gateway', { gateway: found.number, name: name ?? null, region: region ?? null })
  const row = unit.sql.get('gateway', { number: found.number })
  if (row === undefined) throw new Error('a gateway that was there is gone')
  return gatewayOf(row, unit.ids)
}

/** Only marks it: it may have any number of open tasks, and one unit must stay short. */
export function deleteGateway(
  unit: Unit,
  input: { readonly gateway: DeleteGateway; readonly burn: Nonce | undefined },
): 'deleted' | 'no gateway' | 'nonce used' {
  const { sql, now } = unit
  const { gateway, burn } = input
  const found = findToChange(unit, { ...gateway, burn })
  if (typeof found === 'string') return found
  sql.run('retire_keys', { gateway: found.number, role: 'current' })
  sql.run('retire_keys', { gateway: found.number, role: 'next' })
  sql.run('delete_gateway', { gateway: found.number, by: gateway.by, now })
  return 'deleted'
}

export function endDeletedTasks(unit: Unit, _input: object): readonly Task[] {
  const { sql } = unit
  const ended: number[] = []
  for (const row of sql.all('ending_gateways', { limit: MAX_ENDED })) {
    const limit = MAX_ENDED - ended.length
    if (limit === 0) break
    const gateway = integer(row, 'number')
    const at = new Date(integer(row, 'deleted_at')).toISOString()
    const why = failure('BackupGateway.Deleted', `By ${text(row, 'deleted_by')} at ${at}.`)
    const open = sql.all('open_tasks_of_gateway', { gateway, limit })
    for (const each of open) {
      const task = integer(each, 'number')
      if (endTask(unit, { task, state: 'Failed', failure: why })) ended.push(task)
    }
    // No task is created for it any more, so there will never be another one.
    if (open.length < limit) sql.run('end_deletion', { gateway })
  }
  return readSound(unit, ended)
}

/** The nonce first, as everywhere; it is burnt unless the request is refused. */
function findToChange(
  unit: Unit,
  change: Pick<DeleteGateway, 'account' | 'id'> & { readonly burn: Nonce | undefined },
): { readonly number: number } | 'no gateway' | 'nonce used' {
  const { sql, ids } = unit
  const { account, id, burn } = change
  if (burn !== undefined && sql.get('nonce', { key: burn.key, value: burn.value })) return 'nonce used'
  const number = ids.gatewayNumber(id)
  if (sql.get('gateway_of_account', { number, account }) === undefined) return 'no gateway'
  if (burn !== undefined) burnNonce(unit, burn)
  return { number }
}
