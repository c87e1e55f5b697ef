import type { Clock } from '../../base/clock.ts'
import { ACCESS_LIMITS } from '../../model/access-limits.ts'
import { userIdOf } from '../../model/ids.ts'
import { accessKeyOf, accountOf } from '../access-row.ts'
import type { AccessStore } from '../access-store.ts'
import { attachedPolicyOf, policyOf } from '../policy-row.ts'
import type { PolicyStore } from '../policy-store.ts'
import { temporaryKeyOf } from '../temporary-key-row.ts'
import { keyOfRow, principalOf, totalOf, userOfRow } from '../user-row.ts'
import type { UserStore } from '../user-store.ts'
import { createAccessKey, createAccount, issueTemporaryKey, resetRootKey } from './access-units.ts'
import { burnNonces } from './nonce-units.ts'
import { attachPolicy, createPolicy, deletePolicy, detachPolicy, updatePolicy } from './policy-units.ts'
import { savepointLane } from './savepoint-lane.ts'
import type { Transactions } from './transactions.ts'
import { createUser, deleteKey, deleteUser, issueKey, setKeyActive, updateUser, userNamed } from './user-units.ts'

/** A page and one more, which tells whether there is another. */
const MAX_PAGE = 1_001
/** Root keys that were there before the limit are listed too. */
const MAX_KEYS = 10 * ACCESS_LIMITS.keysOfUser
const MAX_ATTACHED = ACCESS_LIMITS.policiesOfUser.System + ACCESS_LIMITS.policiesOfUser.Custom

/** Changes of an account wait for each other, so they have one connection and not all of them. */
export function postgresAccessStore(transactions: Transactions, clock: Clock): AccessStore {
  const { read } = transactions
  const write = savepointLane(transactions, clock)
  return {
    ...userStore({ read, write }),
    ...policyStore({ read, write }),
    issueTemporaryKey: (key, burn) => write((unit) => issueTemporaryKey(unit, key, burn)),
    temporaryKey: (id) =>
      read(async ({ sql }) => {
        const row = await sql.get('temporary_key', { id })
        return row && temporaryKeyOf(row)
      }),
    createAccount: (account) => write((unit) => createAccount(unit, account)),
    accounts: () => read(async ({ sql }) => (await sql.all('accounts')).map(accountOf)),
    resetRootKey: (key) => write((unit) => resetRootKey(unit, key)),
    createAccessKey: (key) => write((unit) => createAccessKey(unit, key)),
    accessKey: (id) =>
      read(async ({ sql }) => {
        const row = await sql.get('access_key', { id })
        return row && accessKeyOf(row)
      }),
    anyAccessKey: () =>
      read(async ({ sql }) => {
        const row = await sql.get('any_access_key')
        return row && accessKeyOf(row)
      }),
    burn: (nonces) => transactions.write((unit) => burnNonces(unit, nonces)),
    burnt: (key, value) => read(async ({ sql }) => (await sql.get('nonce', { key, value })) !== undefined),
  }
}

function userStore({ read, write }: Transactions): UserStore {
  return {
    createUser: (user, burn) => write((unit) => createUser(unit, user, burn)),
    userByName: (account, name) => read(({ sql }) => userNamed(sql, account, name)),
    userById: (account, id) =>
      read(async ({ sql }) => {
        const row = await sql.get('user_by_id', { account, id })
        return row && userOfRow(row)
      }),
    users: (account, { after, limit }) =>
      read(async ({ sql }) =>
        (await sql.all('users_of_account', { account, after, limit: Math.min(limit, MAX_PAGE) })).map(userOfRow),
      ),
    updateUser: (user, burn) => write((unit) => updateUser(unit, user, burn)),
    deleteUser: (user, burn) => write((unit) => deleteUser(unit, user, burn)),
    issueKey: (key, burn) => write((unit) => issueKey(unit, key, burn)),
    keysOf: (owner) =>
      read(async ({ sql }) => {
        const { account } = owner
        const rows = await sql.all('keys_of_principal', { account, principal: principalOf(owner), limit: MAX_KEYS })
        return rows.map(keyOfRow)
      }),
    setKeyActive: (key, burn) => write((unit) => setKeyActive(unit, key, burn)),
    deleteKey: (key, burn) => write((unit) => deleteKey(unit, key, burn)),
  }
}

function policyStore({ read, write }: Transactions): PolicyStore {
  return {
    createPolicy: (policy, burn) => write((unit) => createPolicy(unit, policy, burn)),
    policy: (account, name) =>
      read(async ({ sql }) => {
        const row = await sql.get('policy', { account, name })
        return row && policyOf(row)
      }),
    policies: (account, { after, limit }) =>
      read(async ({ sql }) =>
        (await sql.all('policies_of_account', { account, after, limit: Math.min(limit, MAX_PAGE) })).map(policyOf),
      ),
    updatePolicy: (update, burn) => write((unit) => updatePolicy(unit, update, burn)),
    deletePolicy: (policy, burn) => write((unit) => deletePolicy(unit, policy, burn)),
    attachPolicy: (attachment, burn) => write((unit) => attachPolicy(unit, attachment, burn)),
    detachPolicy: (attachment, burn) => write((unit) => detachPolicy(unit, attachment, burn)),
    attachments: (account, { type, name }) =>
      read(async ({ sql }) => totalOf(await sql.get('count_attachments_of_policy', { account, type, policy: name }))),
    attachedPolicies: (account, principal) =>
      read(async ({ sql }) => {
        const user = userIdOf(account, principal)
        if (user === undefined) return []
        return (await sql.all('attached_policies', { account, user, limit: MAX_ATTACHED })).map(attachedPolicyOf)
      }),
  }
}
