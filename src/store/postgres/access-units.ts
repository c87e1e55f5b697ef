import { ACCESS_LIMITS, ACCOUNT_LIMITS } from '../../model/access-limits.ts'
import { PosternError } from '../../model/errors.ts'
import { type AccessKeyId, type AccountId, toAccessKeyId } from '../../model/ids.ts'
import type { Instant } from '../../model/task.ts'
import type { AccessRefusal } from '../access-refusal.ts'
import type { AccessKey, NewAccount, Nonce } from '../access-store.ts'
import { text } from '../row.ts'
import type { NewTemporaryKey } from '../temporary-key-store.ts'
import { totalOf } from '../user-row.ts'
import { burnNonce } from './nonce-units.ts'
import type { Unit } from './unit.ts'

export async function createAccount(unit: Unit, { id, name, rootKey, onlyFirst }: NewAccount): Promise<boolean> {
  await unit.sql.get('accounts_lock')
  if (onlyFirst === true && totalOf(await unit.sql.get('count_accounts')) > 0) return false
  if ((await unit.sql.run('insert_account', { id, name, now: unit.now })) === 0) return false
  if (totalOf(await unit.sql.get('count_accounts')) > ACCOUNT_LIMITS.accounts) {
    throw new PosternError('InvalidParameter', {
      message: `There are ${ACCOUNT_LIMITS.accounts} accounts, and a server takes no more.`,
    })
  }
  await createAccessKey(unit, rootKey)
  return true
}

export async function resetRootKey(
  unit: Unit,
  key: Omit<AccessKey, 'active'>,
): Promise<readonly AccessKeyId[] | undefined> {
  const { sql } = unit
  const { account, principal } = key
  if ((await sql.get('lock_account', { account })) === undefined) return undefined
  const before = (await sql.all('active_keys', { account, principal })).map((row) => toAccessKeyId(text(row, 'id')))
  await sql.run('deactivate_keys', { account, principal })
  await sql.run('delete_old_keys', { account, principal, keep: ACCOUNT_LIMITS.formerRootKeys })
  await createAccessKey(unit, key)
  return before
}

export async function createAccessKey({ sql, now }: Unit, key: Omit<AccessKey, 'active'>): Promise<void> {
  const { id, account, principal, sealedSecret } = key
  await sql.run('insert_access_key', { id, account, principal, sealed_secret: sealedSecret, now })
}

/**
 * What every change of access management begins with: the nonce is burnt, also where the change is refused, and
 * nobody else changes the account until the end. False: the nonce was used before.
 */
export async function beginChange(unit: Unit, account: AccountId, burn: Nonce | undefined): Promise<boolean> {
  if (!(await burnNonce(unit, burn))) return false
  await unit.sql.get('lock_account', { account })
  return true
}

/** The parent is looked at again: one that was switched off meanwhile must not leave a key behind. */
export async function issueTemporaryKey(
  unit: Unit,
  key: NewTemporaryKey,
  burn: Nonce | undefined,
): Promise<{ readonly expiresAt: Instant } | AccessRefusal> {
  const { sql, now } = unit
  const { id, parent, account, principal, session, sealedSecret, tokenHash, policy = null, lifeMs } = key
  if (!(await beginChange(unit, account, burn))) return 'nonce used'
  if ((await sql.get('active_key', { id: parent, account, principal })) === undefined) return 'no key'
  const live = totalOf(await sql.get('count_temporary_keys', { account, principal, now }))
  if (live >= ACCESS_LIMITS.temporaryKeysOfPrincipal) return 'too many sessions'
  const expiresAt = now + lifeMs
  await sql.run('insert_temporary_key', {
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
