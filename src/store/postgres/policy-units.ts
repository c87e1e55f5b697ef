import { ACCESS_LIMITS } from '../../model/access-limits.ts'
import type { AccountId } from '../../model/ids.ts'
import type { AccessRefusal } from '../access-refusal.ts'
import type { Nonce } from '../access-store.ts'
import { policyOf } from '../policy-row.ts'
import type { Attachment, NewPolicy, Policy, PolicyUpdate } from '../policy-store.ts'
import { totalOf } from '../user-row.ts'
import { beginChange } from './access-units.ts'
import type { Unit } from './unit.ts'
import { userNamed } from './user-units.ts'

export async function createPolicy(
  unit: Unit,
  policy: NewPolicy,
  burn: Nonce | undefined,
): Promise<Policy | AccessRefusal> {
  const { sql, now } = unit
  const { account, name, description, document } = policy
  if (!(await beginChange(unit, account, burn))) return 'nonce used'
  if ((await sql.get('policy', { account, name })) !== undefined) return 'policy exists'
  const before = totalOf(await sql.get('count_policies', { account }))
  if (before >= ACCESS_LIMITS.policiesOfAccount) return 'too many policies'
  await sql.run('insert_policy', { account, name, description, document, now })
  return { name, description, document, createdAt: now, updatedAt: now, attachments: 0 }
}

export async function updatePolicy(
  unit: Unit,
  update: PolicyUpdate,
  burn: Nonce | undefined,
): Promise<Policy | AccessRefusal> {
  const { sql, now } = unit
  const { account, name, document } = update
  if (!(await beginChange(unit, account, burn))) return 'nonce used'
  const row = await sql.get('policy', { account, name })
  if (row === undefined) return 'no policy'
  const before = policyOf(row)
  const description = update.description ?? before.description
  await sql.run('update_policy', { account, name, description, document, now })
  return { ...before, description, document, updatedAt: now }
}

export async function deletePolicy(
  unit: Unit,
  policy: { readonly account: AccountId; readonly name: string },
  burn: Nonce | undefined,
): Promise<AccessRefusal | undefined> {
  const { sql } = unit
  const { account, name } = policy
  if (!(await beginChange(unit, account, burn))) return 'nonce used'
  if ((await sql.get('policy', { account, name })) === undefined) return 'no policy'
  const attached = await sql.get('count_attachments_of_policy', { account, type: 'Custom', policy: name })
  if (totalOf(attached) > 0) return 'policy is attached'
  await sql.run('delete_policy', { account, name })
  return undefined
}

export async function attachPolicy(
  unit: Unit,
  attachment: Attachment,
  burn: Nonce | undefined,
): Promise<AccessRefusal | undefined> {
  const { sql, now } = unit
  const { account, type, policy } = attachment
  const user = await findToAttach(unit, attachment, burn)
  if (typeof user === 'string') return user
  if ((await sql.get('attachment', { user: user.id, type, policy })) !== undefined) return 'attached already'
  const before = totalOf(await sql.get('count_attachments_of_user_by_type', { user: user.id, type }))
  if (before >= ACCESS_LIMITS.policiesOfUser[type]) return 'too many attachments'
  await sql.run('insert_attachment', { user: user.id, type, policy, account, now })
  return undefined
}

export async function detachPolicy(
  unit: Unit,
  attachment: Attachment,
  burn: Nonce | undefined,
): Promise<AccessRefusal | undefined> {
  const { account, type, policy } = attachment
  const user = await findToAttach(unit, attachment, burn)
  if (typeof user === 'string') return user
  const detached = await unit.sql.run('delete_attachment', { user: user.id, type, policy, account })
  return detached === 0 ? 'not attached' : undefined
}

async function findToAttach(unit: Unit, { account, userName, type, policy }: Attachment, burn: Nonce | undefined) {
  const { sql } = unit
  if (!(await beginChange(unit, account, burn))) return 'nonce used'
  const user = await userNamed(sql, account, userName)
  if (user === undefined) return 'no user'
  const there = type === 'System' || (await sql.get('policy', { account, name: policy })) !== undefined
  return there ? user : 'no policy'
}
