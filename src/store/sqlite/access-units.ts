import { ACCOUNT_LIMITS } from '../../model/access-limits.ts'
import { PosternError } from '../../model/errors.ts'
import { type AccessKeyId, toAccessKeyId } from '../../model/ids.ts'
import type { AccessKey, NewAccount, Nonce } from '../access-store.ts'
import { text } from '../row.ts'
import type { Unit } from './unit.ts'
import { totalOf } from '../user-row.ts'

export function createAccount(unit: Unit, { id, name, rootKey, onlyFirst }: NewAccount): boolean {
  if (onlyFirst === true && totalOf(unit.sql.get('count_accounts')) > 0) return false
  if (unit.sql.run('insert_account', { id, name, now: unit.now }) === 0) return false
  if (totalOf(unit.sql.get('count_accounts')) > ACCOUNT_LIMITS.accounts) {
    throw new PosternError('InvalidParameter', {
      message: `There are ${ACCOUNT_LIMITS.accounts} accounts, and a server takes no more.`,
    })
  }
  createAccessKey(unit, rootKey)
  return true
}

export function resetRootKey(unit: Unit, key: Omit<AccessKey, 'active'>): readonly AccessKeyId[] | undefined {
  const { sql } = unit
  const { account, principal } = key
  if (sql.get('account', { id: account }) === undefined) return undefined
  const before = sql.all('active_keys', { account, principal }).map((row) => toAccessKeyId(text(row, 'id')))
  sql.run('deactivate_keys', { account, principal })
  sql.run('delete_old_keys', { account, principal, keep: ACCOUNT_LIMITS.formerRootKeys })
  createAccessKey(unit, key)
  return before
}

export function createAccessKey({ sql, now }: Unit, key: Omit<AccessKey, 'active'>): void {
  const { id, account, principal, sealedSecret } = key
  sql.run('insert_access_key', { id, account, principal, sealed_secret: sealedSecret, now })
}

/** False: it was used before, and stays as it is. */
export function burnNonce({ sql }: Unit, { key, value, expiresAt }: Nonce): boolean {
  return sql.run('burn_nonce', { key, value, expires_at: expiresAt }) === 1
}

export function burnNonces(unit: Unit, nonces: readonly Nonce[]): void {
  for (const nonce of nonces) burnNonce(unit, nonce)
}
