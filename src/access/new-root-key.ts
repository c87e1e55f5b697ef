import { randomInt } from 'node:crypto'
import { type AccountId, rootOf, toAccountId } from '../model/ids.ts'
import type { AccessKey } from '../store/access-store.ts'
import { newAccessKey } from './access-keys.ts'
import type { SecretBox } from './secret-box.ts'

/** 15 random digits that do not begin with 0. Whoever stores it asks whether it was free. */
export const newAccountId = (): AccountId => toAccountId(`1${String(randomInt(10 ** 14)).padStart(14, '0')}`)

/** A key of the root of an account: sealed as the store takes it, and the secret, which is nowhere else. Not stored yet. */
export function newRootKey(
  account: AccountId,
  box: SecretBox,
): { readonly rootKey: Omit<AccessKey, 'active'>; readonly secret: string } {
  const { id, secret } = newAccessKey()
  return { rootKey: { id, account, principal: rootOf(account), sealedSecret: box.seal(secret, id) }, secret }
}
