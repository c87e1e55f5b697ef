import { ACCESS_LIMITS } from '../../model/access-limits.ts'
import type { AccessRefusal } from '../access-refusal.ts'
import type { Nonce } from '../access-store.ts'
import type { ListedKey, OwnedKey } from '../user-store.ts'
import { burnNonce, createAccessKey } from './access-units.ts'
import type { Unit } from './unit.ts'
import { principalOf, totalOf } from '../user-row.ts'

interface Burning {
  readonly burn: Nonce | undefined
}

/** The user is looked for again: one that was deleted meanwhile must not come by a key. */
export function issueKey(
  unit: Unit,
  input: Burning & { readonly key: OwnedKey & { readonly sealedSecret: Uint8Array } },
): ListedKey | AccessRefusal {
  const { sql, now } = unit
  const { key, burn } = input
  const { id, account, user, sealedSecret } = key
  if (burn !== undefined && !burnNonce(unit, burn)) return 'nonce used'
  if (user !== undefined && sql.get('user_by_id', { id: user, account }) === undefined) return 'no user'
  const principal = principalOf(key)
  if (totalOf(sql.get('count_keys', { account, principal })) >= ACCESS_LIMITS.keysOfUser) return 'too many keys'
  createAccessKey(unit, { id, account, principal, sealedSecret })
  return { id, active: true, createdAt: now }
}

export function setKeyActive(
  unit: Unit,
  input: Burning & { readonly key: OwnedKey & { readonly active: boolean } },
): AccessRefusal | undefined {
  const { key, burn } = input
  const { id, account, active } = key
  if (burn !== undefined && !burnNonce(unit, burn)) return 'nonce used'
  const changed = unit.sql.run('set_key_active', { id, account, principal: principalOf(key), active: active ? 1 : 0 })
  return changed === 0 ? 'no key' : undefined
}

export function deleteKey(unit: Unit, input: Burning & { readonly key: OwnedKey }): AccessRefusal | undefined {
  const { key, burn } = input
  const { id, account } = key
  if (burn !== undefined && !burnNonce(unit, burn)) return 'nonce used'
  return unit.sql.run('delete_key', { id, account, principal: principalOf(key) }) === 0 ? 'no key' : undefined
}
