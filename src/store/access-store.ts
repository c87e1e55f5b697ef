import type { AccessKeyId, AccountId, PrincipalId } from '../model/ids.ts'
import type { Instant } from '../model/task.ts'
import type { PolicyStore } from './policy-store.ts'
import type { TemporaryKeyStore } from './temporary-key-store.ts'
import type { UserStore } from './user-store.ts'

/** A SignatureNonce to be burnt in the same commit as the effect of its request. Used once per key while it is kept. */
export interface Nonce {
  readonly key: AccessKeyId
  readonly value: string
  readonly expiresAt: Instant
}

export interface AccessKey {
  readonly id: AccessKeyId
  readonly account: AccountId
  readonly principal: PrincipalId
  /** AES-256-GCM under the key file, the id as associated data. */
  readonly sealedSecret: Uint8Array
  readonly active: boolean
}

export interface Account {
  readonly id: AccountId
  readonly name: string
  readonly createdAt: Instant
}

export interface NewAccount {
  readonly id: AccountId
  readonly name: string
  readonly rootKey: Omit<AccessKey, 'active'>
  /** Of servers that start on an empty store at the same moment one makes the account. */
  readonly onlyFirst?: boolean
}

/** Who may call, and what they may do: keys and nonces here, users, policies and temporary keys in their own interfaces. */
export interface AccessStore extends UserStore, PolicyStore, TemporaryKeyStore {
  /**
   * The account and the first key of its root in one commit. False where there is an account of that id already, or any
   * with `onlyFirst`; rejects with InvalidParameter where there are as many as a store takes.
   */
  createAccount(account: NewAccount): Promise<boolean>
  /** By id; all of them. */
  accounts(): Promise<readonly Account[]>
  /**
   * The key becomes the only active one of the account's root, in one commit; the ids of those that were active.
   * Undefined where there is no such account. Of the keys that were switched off the newest ten stay.
   */
  resetRootKey(key: Omit<AccessKey, 'active'>): Promise<readonly AccessKeyId[] | undefined>
  createAccessKey(key: Omit<AccessKey, 'active'>): Promise<void>
  accessKey(id: AccessKeyId): Promise<AccessKey | undefined>
  /** Any key, to see at the start whether the key file fits the store; undefined where there is none yet. */
  anyAccessKey(): Promise<AccessKey | undefined>
  /** Nonces of reads, written behind; those that are there already stay. */
  burn(nonces: readonly Nonce[]): Promise<void>
  burnt(key: AccessKeyId, value: string): Promise<boolean>
  /** When the last nonce that the store has now expires, 0 where it has none; Infinity where other nodes burn nonces too. */
  nonceHorizon(): Promise<number>
}
