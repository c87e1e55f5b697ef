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
import type { LookUp } from './look-lane.ts'
import { burnNonces } from './nonce-units.ts'
import { attachPolicy, createPolicy, deletePolicy, detachPolicy, updatePolicy } from './policy-units.ts'
import { savepointLane } from './savepoint-lane.ts'
import type { Ask } from './statements.ts'
import type { Transactions } from './transactions.ts'
import { createUser, deleteKey, deleteUser, issueKey, setKeyActive, updateUser } from './user-units.ts'

/** A page and one more, which tells whether there is another. */
const MAX_PAGE = 1_001
/** Root keys that were there before the limit are listed too. */
const MAX_KEYS = 10 * ACCESS_LIMITS.keysOfUser
const MAX_ATTACHED = ACCESS_LIMITS.policiesOfUser.System + ACCESS_LIMITS.policiesOfUser.Custom

type ReadsAndWrites = Pick<Transactions, 'look' | 'write'>

/** Changes of an account wait for each other, so they have one connection and not all of them. */
export function postgresAccessStore(transactions: Transactions, lookUp: LookUp, clock: Clock): AccessStore {
  const { look } = transactions
  const write = savepointLane(transactions, clock)
  return {
    ...userStore({ look, write }),
    ...policyStore({ look, write }),
    issueTemporaryKey: (key, burn) => write((unit) => issueTemporaryKey(unit, key, burn)),
    async temporaryKey(id) {
      const [row] = await lookUp('temporary_keys', { id })
      return row && temporaryKeyOf(row)
    },
    createAccount: (account) => write((unit) => createAccount(unit, account)),
    accounts: async () => (await rowsOf(look, { name: 'accounts' })).map(accountOf),
    resetRootKey: (key) => write((unit) => resetRootKey(unit, key)),
    createAccessKey: (key) => write((unit) => createAccessKey(unit, key)),
    async accessKey(id) {
      const [row] = await lookUp('access_keys', { id })
      return row && accessKeyOf(row)
    },
    async anyAccessKey() {
      const [row] = await rowsOf(look, { name: 'any_access_key' })
      return row && accessKeyOf(row)
    },
    burn: (nonces) => transactions.write((unit) => burnNonces(unit, nonces)),
    burnt: async (key, value) => (await lookUp('nonces', { key, value })).length > 0,
    nonceHorizon: () => Promise.resolve(Number.POSITIVE_INFINITY),
  }
}

function userStore({ look, write }: ReadsAndWrites): UserStore {
  return {
    createUser: (user, burn) => write((unit) => createUser(unit, user, burn)),
    async userByName(account, name) {
      const [row] = await rowsOf(look, { name: 'user_by_name', parameters: { account, name } })
      return row && userOfRow(row)
    },
    async userById(account, id) {
      const [row] = await rowsOf(look, { name: 'user_by_id', parameters: { account, id } })
      return row && userOfRow(row)
    },
    async users(account, { after, limit }) {
      const parameters = { account, after, limit: Math.min(limit, MAX_PAGE) }
      return (await rowsOf(look, { name: 'users_of_account', parameters })).map(userOfRow)
    },
    updateUser: (user, burn) => write((unit) => updateUser(unit, user, burn)),
    deleteUser: (user, burn) => write((unit) => deleteUser(unit, user, burn)),
    issueKey: (key, burn) => write((unit) => issueKey(unit, key, burn)),
    async keysOf(owner) {
      const parameters = { account: owner.account, principal: principalOf(owner), limit: MAX_KEYS }
      return (await rowsOf(look, { name: 'keys_of_principal', parameters })).map(keyOfRow)
    },
    setKeyActive: (key, burn) => write((unit) => setKeyActive(unit, key, burn)),
    deleteKey: (key, burn) => write((unit) => deleteKey(unit, key, burn)),
  }
}

function policyStore({ look, write }: ReadsAndWrites): PolicyStore {
  return {
    createPolicy: (policy, burn) => write((unit) => createPolicy(unit, policy, burn)),
    async policy(account, name) {
      const [row] = await rowsOf(look, { name: 'policy', parameters: { account, name } })
      return row && policyOf(row)
    },
    async policies(account, { after, limit }) {
      const parameters = { account, after, limit: Math.min(limit, MAX_PAGE) }
      return (await rowsOf(look, { name: 'policies_of_account', parameters })).map(policyOf)
    },
    updatePolicy: (update, burn) => write((unit) => updatePolicy(unit, update, burn)),
    deletePolicy: (policy, burn) => write((unit) => deletePolicy(unit, policy, burn)),
    attachPolicy: (attachment, burn) => write((unit) => attachPolicy(unit, attachment, burn)),
    detachPolicy: (attachment, burn) => write((unit) => detachPolicy(unit, attachment, burn)),
    async attachments(account, { type, name }) {
      const parameters = { account, type, policy: name }
      return totalOf((await rowsOf(look, { name: 'count_attachments_of_policy', parameters }))[0])
    },
    async attachedPolicies(account, principal) {
      const user = userIdOf(account, principal)
      if (user === undefined) return []
      const parameters = { account, user, limit: MAX_ATTACHED }
      return (await rowsOf(look, { name: 'attached_policies', parameters })).map(attachedPolicyOf)
    },
  }
}

const rowsOf = async (look: Transactions['look'], ask: Ask) => (await look([ask]))[0] ?? []
