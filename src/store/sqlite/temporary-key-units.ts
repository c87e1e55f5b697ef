import { ACCESS_LIMITS } from '../../model/access-limits.ts'
import type { Instant } from '../../model/task.ts'
import type { AccessRefusal } from '../access-refusal.ts'
import type { Nonce } from '../access-store.ts'
import type { NewTemporaryKey } from '../temporary-key-store.ts'
import { burnNonce } from './access-units.ts'
import type { Unit } from './unit.ts'
import { totalOf } from '../user-row.ts'

/** The parent is looked at again: one that was switched off meanwhile must not leave a key behind. */
export function issueTemporaryKey(
  unit: Unit,
  input: { readonly key: NewTemporaryKey; readonly burn: Nonce | undefined },
): { readonly expiresAt: Instant } | AccessRefusal {
  const { sql, now } = unit
  const { key, burn } = input
  const { id, parent, account, principal, session, sealedSecret, tokenHash, policy = null, lifeMs } = key
  if (burn !== undefined && !burnNonce(unit, burn)) return 'nonce used'
  if (sql.get('active_key', { id: parent, account, principal }) === undefined) return 'no key'
  const live = totalOf(sql.get('count_temporary_keys', { account, principal, now }))
  if (live >= ACCESS_LIMITS.temporaryKeysOfPrincipal) return 'too many sessions'
  const expiresAt = now + lifeMs
  sql.run('insert_temporary_key', {
    id,
    parent_key: parent,
    account,
    principal,
    session,
    sealed_secret: sealedSecret,
    token_hash: tokenHash,
    policy,
    now,
    expires_at: expiresAt,
  })
  return { expiresAt }
}
