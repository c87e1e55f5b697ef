import { ACCESS_LIMITS } from '../../model/access-limits.ts'
import type { AccountId } from '../../model/ids.ts'
import type { AccessRefusal } from '../access-refusal.ts'
import type { Nonce } from '../access-store.ts'
import { policyOf } from '../policy-row.ts'
import type { Attachment, NewPolicy, Policy, PolicyUpdate } from '../policy-store.ts'
import { burnNonce } from './access-units.ts'
import type { Unit } from './unit.ts'
import { totalOf } from '../user-row.ts'
import { userNamed } from './user-units.ts'

interface Burning {
  readonly burn: Nonce | undefined
}

export function createPolicy(unit: Unit, input: Burning & { readonly policy: NewPolicy }): Policy | AccessRefusal {
  const { sql, now } = unit
  const { policy, burn } = input
  const { account, name, description, document } = policy
  if (burn !== undefined && !burnNonce(unit, burn)) return 'nonce used'
  if (sql.get('policy', { account, name }) !== undefined) return 'policy exists'
  if (totalOf(sql.get('count_policies', { account })) >= ACCESS_LIMITS.policiesOfAccount) return 'too many policies'
  sql.run('insert_policy', { account, name, description, document, now })
  return { name, description, document, createdAt: now, updatedAt: now, attachments: 0 }
}

export function updatePolicy(unit: Unit, input: Burning & { readonly update: PolicyUpdate }): Policy | AccessRefusal {
  const { sql, now } = unit
  const { update, burn } = input
  const { account, name, document } = update
  if (burn !== undefined && !burnNonce(unit, burn)) return 'nonce used'
  const row = sql.get('policy', { account, name })
  if (row === undefined) return 'no policy'
  const before = policyOf(row)
  const description = update.description ?? before.description
  sql.run('update_policy', { account, name, description, document, now })
  return { ...before, description, document, updatedAt: now }
}

export function deletePolicy(
  unit: Unit,
  input: Burning & { readonly account: AccountId; readonly name: string },
): AccessRefusal | undefined {
  const { sql } = unit
  const { account, name, burn } = input
  if (burn !== undefined && !burnNonce(unit, burn)) return 'nonce used'
  if (sql.get('policy', { account, name }) === undefined) return 'no policy'
  const attached = sql.get('count_attachments_of_policy', { account, type: 'Custom', policy: name })
  if (totalOf(attached) > 0) return 'policy is attached'
  sql.run('delete_policy', { account, name })
  return undefined
}

export function attachPolicy(
  unit: Unit,
  input: Burning & { readonly attachment: Attachment },
): AccessRefusal | undefined {
  const { sql, now } = unit
  const { account, userName, type, policy } = input.attachment
  if (input.burn !== undefined && !burnNonce(unit, input.burn)) return 'nonce used'
  const user = userNamed(sql, account, userName)
  if (user === undefined) return 'no user'
  if (type === 'Custom' && sql.get('policy', { account, name: policy }) === undefined) return 'no policy'
  if (sql.get('attachment', { user: user.id, type, policy }) !== undefined) return 'attached already'
  const before = totalOf(sql.get('count_attachments_of_user_by_type', { user: user.id, type }))
  if (before >= ACCESS_LIMITS.policiesOfUser[type]) return 'too many attachments'
  sql.run('insert_attachment', { user: user.id, type, policy, account, now })
  return undefined
}

export function detachPolicy(
  unit: Unit,
  input: Burning & { readonly attachment: Attachment },
): AccessRefusal | undefined {
  const { sql } = unit
  const { account, userName, type, policy } = input.attachment
  if (input.burn !== undefined && !burnNonce(unit, input.burn)) return 'nonce used'
  const user = userNamed(sql, account, userName)
  if (user === undefined) return 'no user'
  if (type === 'Custom' && sql.get('policy', { account, name: policy }) === undefined) return 'no policy'
  return sql.run('delete_attachment', { user: user.id, type, policy, account }) === 0 ? 'not attached' : undefined
}
