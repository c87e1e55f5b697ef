import type { AccountId } from '../../model/ids.ts'
import type { AccessKey, Nonce } from '../access-store.ts'
import type { Unit } from './unit.ts'

export interface NewAccount {
  readonly id: AccountId
  readonly name: string
  readonly rootKey: Omit<AccessKey, 'active'>
}

export function createAccount(unit: Unit, { id, name, rootKey }: NewAccount): boolean {
  if (unit.sql.run('insert_account', { id, name, now: unit.now }) === 0) return false
  createAccessKey(unit, rootKey)
  return true
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
