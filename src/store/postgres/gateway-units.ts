import type { AccountId, EnrollmentId } from '../../model/ids.ts'
import type { Nonce } from '../access-store.ts'
import type { DeleteGateway, Gateway, UpdateGateway } from '../fleet-store.ts'
import { gatewayOf } from '../gateway-row.ts'
import { integer, text } from '../row.ts'
import { failure } from '../task-failures.ts'
import type { Task } from '../task-store.ts'
import { burnNonce, nonceUsed } from './nonce-units.ts'
import { type Ending, endTasks, readTasks } from './task-ending.ts'
import type { Unit } from './unit.ts'

/** Most tasks and most gateways of one call, so that others get their turn in between. */
const MAX_ENDED = 500
/** Longer than any transaction may last. */
const LONGEST_CREATE_MS = 60_000

export async function updateGateway(
  unit: Unit,
  update: UpdateGateway,
  burn: Nonce | undefined,
): Promise<Gateway | 'no gateway' | 'nonce used'> {
  const { name = null, region = null } = update
  const found = await findToChange(unit, update, burn)
  if (typeof found === 'string') return found
  await unit.sql.run('update_gateway', { gateway: found.number, name, region })
  const row = await unit.sql.get('gateway', { number: found.number })
  if (row === undefined) throw new Error('a gateway that was there is gone')
  return gatewayOf(row, unit.ids)
}

/** Only marks it: it may have any number of open tasks, and one unit must stay short. */
export async function deleteGateway(
  unit: Unit,
  gateway: DeleteGateway,
  burn: Nonce | undefined,
): Promise<'deleted' | 'no gateway' | 'nonce used'> {
  const { sql, now } = unit
  const found = await findToChange(unit, gateway, burn)
  if (typeof found === 'string') return found
  await sql.run('retire_keys', { gateway: found.number, role: 'current' })
  await sql.run('retire_keys', { gateway: found.number, role: 'next' })
  await sql.run('delete_gateway', { gateway: found.number, by: gateway.by, now })
  return 'deleted'
}

export async function endDeletedTasks(unit: Unit): Promise<readonly Task[]> {
  const { sql, now, floor } = unit
  const ended: number[] = []
  for (const row of await sql.all('ending_gateways', { limit: MAX_ENDED })) {
    const limit = MAX_ENDED - ended.length
    if (limit === 0) break
    const gateway = integer(row, 'number')
    const at = new Date(integer(row, 'deleted_at')).toISOString()
    const why = failure('BackupGateway.Deleted', `By ${text(row, 'deleted_by')} at ${at}.`)
    const open = await sql.all('open_tasks_of_gateway', { gateway, limit, floor })
    const endings = open.map((each): Ending => ({ task: integer(each, 'number'), state: 'Failed', failure: why }))
    ended.push(...(await endTasks(unit, endings)))
    // A create that saw the gateway before it was deleted may still be on its way.
    if (open.length < limit) await sql.run('end_deletion', { gateway, before: now - LONGEST_CREATE_MS })
  }
  return readTasks(unit, ended)
}

/** Whether it was used is decided here: the gateway may be enrolling at this moment. */
export async function revokeEnrollment(
  unit: Unit,
  revoke: { readonly account: AccountId; readonly id: EnrollmentId },
  burn: Nonce | undefined,
): Promise<'revoked' | 'used' | 'no enrollment' | 'nonce used'> {
  const { sql } = unit
  const { account, id } = revoke
  if (await nonceUsed(unit, burn)) return 'nonce used'
  const row = await sql.get('enrollment_by_id', { id, account })
  if (row === undefined) return 'no enrollment'
  const token_hash = text(row, 'token_hash')
  const locked = await sql.get('lock_enrollment', { token_hash })
  if (locked === undefined) return 'no enrollment'
  if (locked['gateway'] !== null) return 'used'
  if (!(await burnNonce(unit, burn))) return 'nonce used'
  await sql.run('delete_enrollment', { token_hash })
  return 'revoked'
}

/** The nonce first, as everywhere; it is burnt unless the request is refused. */
async function findToChange(
  unit: Unit,
  { account, id }: Pick<DeleteGateway, 'account' | 'id'>,
  burn: Nonce | undefined,
): Promise<{ readonly number: number } | 'no gateway' | 'nonce used'> {
  const { sql, ids } = unit
  if (await nonceUsed(unit, burn)) return 'nonce used'
  const number = ids.gatewayNumber(id)
  await sql.run('lock_gateway', { number })
  if ((await sql.get('gateway_of_account', { number, account })) === undefined) return 'no gateway'
  return (await burnNonce(unit, burn)) ? { number } : 'nonce used'
}
