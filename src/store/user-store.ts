import type { AccessKeyId, AccountId, UserId } from '../model/ids.ts'
import type { Instant } from '../model/task.ts'
import type { AccessRefusal } from './access-refusal.ts'
import type { Nonce } from './access-store.ts'

/** What people write about a user; empty where they wrote nothing. */
export interface UserDetails {
  /** Unique in its account. */
  readonly name: string
  readonly displayName: string
  readonly mobilePhone: string
  readonly email: string
  readonly comments: string
}

export interface NewUser extends UserDetails {
  readonly id: UserId
  readonly account: AccountId
}

export interface User extends NewUser {
  readonly createdAt: Instant
  readonly updatedAt: Instant
}

/** Whose keys are meant: a user, or the root of the account where there is none. */
export interface KeyOwner {
  readonly account: AccountId
  readonly user: UserId | undefined
}

/** A key as it can be told: without its secret. */
export interface ListedKey {
  readonly id: AccessKeyId
  readonly active: boolean
  readonly createdAt: Instant
}

/** Names one key of one owner: the right id with another owner finds nothing. */
export interface OwnedKey extends KeyOwner {
  readonly id: AccessKeyId
}

/**
 * Users of accounts and their keys. Everything is asked and changed within one account, by the same statements whether
 * another account has such a thing or not. Each change burns the nonce in its commit, also where it is refused.
 */
export interface UserStore {
  createUser(user: NewUser, burn: Nonce | undefined): Promise<User | AccessRefusal>
  userByName(account: AccountId, name: string): Promise<User | undefined>
  userById(account: AccountId, id: UserId): Promise<User | undefined>
  /** By name, those after `after` ('' for the first page); `limit` 1–1001. */
  users(account: AccountId, page: { readonly after: string; readonly limit: number }): Promise<readonly User[]>
  /** What is left out stays. Keys and policies stay the user's, also under a new name. */
  updateUser(
    user: { readonly account: AccountId; readonly name: string; readonly changes: Partial<UserDetails> },
    burn: Nonce | undefined,
  ): Promise<User | AccessRefusal>
  /** Refused while the user has keys or policies. */
  deleteUser(
    user: { readonly account: AccountId; readonly name: string },
    burn: Nonce | undefined,
  ): Promise<AccessRefusal | undefined>
  /** Refused where the user has gone meanwhile. */
  issueKey(
    key: OwnedKey & { readonly sealedSecret: Uint8Array },
    burn: Nonce | undefined,
  ): Promise<ListedKey | AccessRefusal>
  /** Oldest first. */
  keysOf(owner: KeyOwner): Promise<readonly ListedKey[]>
  setKeyActive(
    key: OwnedKey & { readonly active: boolean },
    burn: Nonce | undefined,
  ): Promise<AccessRefusal | undefined>
  deleteKey(key: OwnedKey, burn: Nonce | undefined): Promise<AccessRefusal | undefined>
}
