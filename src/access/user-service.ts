import { randomInt } from 'node:crypto'
import { PosternError } from '../model/errors.ts'
import { type AccessKeyId, type AccountId, rootOf, toUserId, type UserId, userIdOf } from '../model/ids.ts'
import type { AccessStore, Nonce } from '../store/access-store.ts'
import type { ListedKey, User, UserDetails } from '../store/user-store.ts'
import { accepted } from './accepted.ts'
import { newAccessKey } from './access-keys.ts'
import { type Page, pageOf } from './page.ts'
import { actsFor, type Principal } from './principal.ts'
import type { SecretBox } from './secret-box.ts'

/** Whose keys are meant, with the name that policies know them by; the root of an account has none. */
export interface NamedOwner {
  readonly account: AccountId
  readonly user: UserId | undefined
  readonly name: string | undefined
}

/** A new key with its secret: shown once, kept nowhere else but sealed. */
export interface IssuedKey extends ListedKey {
  readonly secret: string
}

/**
 * Users of an account and their keys. `burn` is burnt in the commit of the effect. Throws RAM's codes: EntityNotExist.*,
 * EntityAlreadyExists.*, DeleteConflict.*, LimitExceeded.*. What another account has is as if it were not there.
 */
export interface UserService {
  createUser(account: AccountId, details: UserDetails, burn: Nonce | undefined): Promise<User>
  user(account: AccountId, name: string): Promise<User>
  /** By name; `after` is the last name of the page before. */
  users(account: AccountId, page: { readonly after: string; readonly limit: number }): Promise<Page<User>>
  updateUser(
    user: { readonly account: AccountId; readonly name: string; readonly changes: Partial<UserDetails> },
    burn: Nonce | undefined,
  ): Promise<User>
  deleteUser(user: { readonly account: AccountId; readonly name: string }, burn: Nonce | undefined): Promise<void>
  /** The user that calls, or whom a temporary key acts for; undefined for the root of the account. */
  caller(principal: Principal): Promise<User | undefined>
  /** The user of that name, or where none is named the caller; undefined where there is no such user. */
  keyOwner(caller: Principal, name: string | undefined): Promise<NamedOwner | undefined>
  issueKey(owner: NamedOwner, burn: Nonce | undefined): Promise<IssuedKey>
  keysOf(owner: NamedOwner): Promise<readonly ListedKey[]>
  /** Works from the next request on. */
  setKeyActive(
    owner: NamedOwner,
    key: { readonly id: AccessKeyId; readonly active: boolean },
    burn: Nonce | undefined,
  ): Promise<void>
  /** Works from the next request on. */
  deleteKey(owner: NamedOwner, id: AccessKeyId, burn: Nonce | undefined): Promise<void>
}

export function createUserService({ store, box }: { store: AccessStore; box: SecretBox }): UserService {
  const byCaller = async (principal: Principal) => {
    const { account } = principal
    const user = userIdOf(account, actsFor(principal))
    return user && store.userById(account, user)
  }
  return {
    async createUser(account, details, burn) {
      return accepted(await store.createUser({ ...details, id: newUserId(), account }, burn))
    },
    async user(account, name) {
      const user = await store.userByName(account, name)
      if (user === undefined) throw new PosternError('EntityNotExist.User')
      return user
    },
    async users(account, { after, limit }) {
      return pageOf(await store.users(account, { after, limit: limit + 1 }), limit)
    },
    async updateUser(user, burn) {
      return accepted(await store.updateUser(user, burn))
    },
    async deleteUser(user, burn) {
      accepted(await store.deleteUser(user, burn))
    },
    async caller(principal) {
      const user = await byCaller(principal)
      // Deleted since the signature was checked: it must not pass for the root.
      if (user === undefined && actsFor(principal) !== rootOf(principal.account))
        throw new PosternError('EntityNotExist.User')
      return user
    },
    async keyOwner(caller, name) {
      const { account } = caller
      if (name === undefined && actsFor(caller) === rootOf(account))
        return { account, user: undefined, name: undefined }
      const user = name === undefined ? await byCaller(caller) : await store.userByName(account, name)
      return user && { account, user: user.id, name: user.name }
    },
    async issueKey({ account, user }, burn) {
      const { id, secret } = newAccessKey()
      const key = { account, user, id, sealedSecret: box.seal(secret, id) }
      return { ...accepted(await store.issueKey(key, burn)), secret }
    },
    keysOf: (owner) => store.keysOf(owner),
    async setKeyActive({ account, user }, { id, active }, burn) {
      accepted(await store.setKeyActive({ account, user, id, active }, burn))
    },
    async deleteKey({ account, user }, id, burn) {
      accepted(await store.deleteKey({ account, user, id }, burn))
    },
  }
}

/** 16 digits: one more than an account has, so that the two are never taken for each other. */
const newUserId = () => toUserId(`2${digits(7)}${digits(8)}`)
const digits = (count: number) => String(randomInt(10 ** count)).padStart(count, '0')
