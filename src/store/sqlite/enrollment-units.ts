import type { AccountId, EnrollmentId } from '../../model/ids.ts'
import type { Nonce } from '../access-store.ts'
import { burnNonce } from './access-units.ts'
import { text } from '../row.ts'
import type { Unit } from './unit.ts'

/** Whether it was used is decided here: the gateway may be enrolling at this moment. */
export function revokeEnrollment(
  unit: Unit,
  input: {
    readonly revoke: { readonly account: AccountId; readonly id: EnrollmentId }
    readonly burn: Nonce | undefined
  },
): 'revoked' | 'used' | 'no enrollment' | 'nonce used' {
  const { sql } = unit
  const { account, id } = input.revoke
  const { burn } = input
  if (burn !== undefined && sql.get('nonce', { key: burn.key, value: burn.value })) return 'nonce used'
  const row = sql.get('enrollment_by_id', { id, account })
  if (row === undefined) return 'no enrollment'
  if (row['gateway'] !== null) return 'used'
  if (burn !== undefined) burnNonce(unit, burn)
  sql.run('delete_enrollment', { token_hash: text(row, 'token_hash') })
  return 'revoked'
}
