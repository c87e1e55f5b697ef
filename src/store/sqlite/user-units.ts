import { ACCESS_LIMITS } from '../../model/access-limits.ts'
import { type AccountId, userOf } from '../../model/ids.ts'
import type { AccessRefusal } from '../access-refusal.ts'
import type { Nonce } from '../access-store.ts'
import type { NewUser, User, UserDetails } from '../user-store.ts'
import { burnNonce } from './access-units.ts'
import type { Unit } from './unit.ts'
import { totalOf, userColumns, userOfRow } from '../user-row.ts'
import type { Statements } from './statements.ts'

interface Burning {
  readonly burn: Nonce | undefined
}

export function createUser(unit: Unit, input: Burning & { readonly user: NewUser }): User | AccessRefusal {
  const { sql, now } = unit
  const { user, burn } = input
  const { id, account, name } = user
  if (burn !== undefined && !burnNonce(unit, burn)) return 'nonce used'
  if (userNamed(sql, account, name) !== undefined) return 'user exists'
  if (totalOf(sql.get('count_users', { account })) >= ACCESS_LIMITS.usersOfAccount) return 'too many users'
  sql.run('insert_user', { id, account, now, ...userColumns(user) })
  return { ...user, createdAt: now, updatedAt: now }
}

export function updateUser(
  unit: Unit,
  input: Burning & { readonly account: AccountId; readonly name: string; readonly changes: Partial<UserDetails> },
): User | AccessRefusal {
  const { sql, now } = unit
  const { account, name, changes, burn } = input
  if (burn !== undefined && !burnNonce(unit, burn)) return 'nonce used'
  const user = userNamed(sql, account, name)
  if (user === undefined) return 'no user'
  const changed = { ...user, ...changes, updatedAt: now }
  if (changed.name !== name && userNamed(sql, account, changed.name) !== undefined) return 'user exists'
  sql.run('update_user', { id: user.id, account, now, ...userColumns(changed) })
  return changed
}

export function deleteUser(
  unit: Unit,
  input: Burning & { readonly account: AccountId; readonly name: string },
): AccessRefusal | undefined {
  const { sql } = unit
  const { account, name, burn } = input
  if (burn !== undefined && !burnNonce(unit, burn)) return 'nonce used'
  const user = userNamed(sql, account, name)
  if (user === undefined) return 'no user'
  const { id } = user
  if (totalOf(sql.get('count_keys', { account, principal: userOf(account, id) })) > 0) return 'user has keys'
  if (totalOf(sql.get('count_attachments_of_user', { user: id })) > 0) return 'user has policies'
  sql.run('delete_user', { id, account })
  return undefined
}

export function userNamed(sql: Statements, account: AccountId, name: string): User | undefined {
  const row = sql.get('user_by_name', { account, name })
  return row && userOfRow(row)
}
