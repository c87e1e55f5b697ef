import { ACCESS_LIMITS } from '../../model/access-limits.ts'
import { type AccountId, userOf } from '../../model/ids.ts'
import type { AccessRefusal } from '../access-refusal.ts'
import type { Nonce } from '../access-store.ts'
import { principalOf, totalOf, userColumns, userOfRow } from '../user-row.ts'
import type { ListedKey, NewUser, OwnedKey, User, UserDetails } from '../user-store.ts'
import { beginChange, createAccessKey } from './access-units.ts'
import type { Statements } from './statements.ts'
import type { Unit } from './unit.ts'

export async function createUser(unit: Unit, user: NewUser, burn: Nonce | undefined): Promise<User | AccessRefusal> {
  const { sql, now } = unit
  const { id, account, name } = user
  if (!(await beginChange(unit, account, burn))) return 'nonce used'
  if ((await userNamed(sql, account, name)) !== undefined) return 'user exists'
  if (totalOf(await sql.get('count_users', { account })) >= ACCESS_LIMITS.usersOfAccount) return 'too many users'
  await sql.run('insert_user', { id, account, now, ...userColumns(user) })
  return { ...user, createdAt: now, updatedAt: now }
}

export async function updateUser(
  unit: Unit,
  input: { readonly account: AccountId; readonly name: string; readonly changes: Partial<UserDetails> },
  burn: Nonce | undefined,
): Promise<User | AccessRefusal> {
  const { sql, now } = unit
  const { account, name, changes } = input
  if (!(await beginChange(unit, account, burn))) return 'nonce used'
  const user = await userNamed(sql, account, name)
  if (user === undefined) return 'no user'
  const changed = { ...user, ...changes, updatedAt: now }
  if (changed.name !== name && (await userNamed(sql, account, changed.name)) !== undefined) return 'user exists'
  await sql.run('update_user', { id: user.id, account, now, ...userColumns(changed) })
  return changed
}

export async function deleteUser(
  unit: Unit,
  input: { readonly account: AccountId; readonly name: string },
  burn: Nonce | undefined,
): Promise<AccessRefusal | undefined> {
  const { sql } = unit
  const { account, name } = input
  if (!(await beginChange(unit, account, burn))) return 'nonce used'
  const user = await userNamed(sql, account, name)
  if (user === undefined) return 'no user'
  const { id } = user
  if (totalOf(await sql.get('count_keys', { account, principal: userOf(account, id) })) > 0) return 'user has keys'
  if (totalOf(await sql.get('count_attachments_of_user', { user: id })) > 0) return 'user has policies'
  await sql.run('delete_user', { id, account })
  return undefined
}

/** The user is looked for again: one that was deleted meanwhile must not come by a key. */
export async function issueKey(
  unit: Unit,
  key: OwnedKey & { readonly sealedSecret: Uint8Array },
  burn: Nonce | undefined,
): Promise<ListedKey | AccessRefusal> {
  const { sql, now } = unit
  const { id, account, user, sealedSecret } = key
  if (!(await beginChange(unit, account, burn))) return 'nonce used'
  if (user !== undefined && (await sql.get('user_by_id', { id: user, account })) === undefined) return 'no user'
  const principal = principalOf(key)
  if (totalOf(await sql.get('count_keys', { account, principal })) >= ACCESS_LIMITS.keysOfUser) return 'too many keys'
  await createAccessKey(unit, { id, account, principal, sealedSecret })
  return { id, active: true, createdAt: now }
}

export async function setKeyActive(
  unit: Unit,
  key: OwnedKey & { readonly active: boolean },
  burn: Nonce | undefined,
): Promise<AccessRefusal | undefined> {
  const { id, account, active } = key
  if (!(await beginChange(unit, account, burn))) return 'nonce used'
  const changed = await unit.sql.run('set_key_active', { id, account, principal: principalOf(key), active })
  return changed === 0 ? 'no key' : undefined
}

export async function deleteKey(
  unit: Unit,
  key: OwnedKey,
  burn: Nonce | undefined,
): Promise<AccessRefusal | undefined> {
  const { id, account } = key
  if (!(await beginChange(unit, account, burn))) return 'nonce used'
  return (await unit.sql.run('delete_key', { id, account, principal: principalOf(key) })) === 0 ? 'no key' : undefined
}

export async function userNamed(sql: Statements, account: AccountId, name: string): Promise<User | undefined> {
  const row = await sql.get('user_by_name', { account, name })
  return row && userOfRow(row)
}
