import { ACCESS_LIMITS } from '../../model/access-limits.ts'
import { userIdOf } from '../../model/ids.ts'
import type { PolicyStore } from '../policy-store.ts'
import { attachedPolicyOf, policyOf } from '../policy-row.ts'
import type { Statements } from './statements.ts'
import { totalOf } from '../user-row.ts'
import type { Writer } from './writer-client.ts'

/** A page and one more, which tells whether there is another. */
const MAX_PAGE = 1_001
const MAX_ATTACHED = ACCESS_LIMITS.policiesOfUser.System + ACCESS_LIMITS.policiesOfUser.Custom

export function sqlitePolicyStore({ writer, reader }: { writer: Writer; reader: Statements }): PolicyStore {
  return {
    createPolicy: (policy, burn) => writer.write('createPolicy', { policy, burn }),
    async policy(account, name) {
      const row = reader.get('policy', { account, name })
      return row && policyOf(row)
    },
    async policies(account, { after, limit }) {
      return reader.all('policies_of_account', { account, after, limit: Math.min(limit, MAX_PAGE) }).map(policyOf)
    },
    updatePolicy: (update, burn) => writer.write('updatePolicy', { update, burn }),
    deletePolicy: (policy, burn) => writer.write('deletePolicy', { ...policy, burn }),
    attachPolicy: (attachment, burn) => writer.write('attachPolicy', { attachment, burn }),
    detachPolicy: (attachment, burn) => writer.write('detachPolicy', { attachment, burn }),
    async attachments(account, { type, name }) {
      return totalOf(reader.get('count_attachments_of_policy', { account, type, policy: name }))
    },
    async attachedPolicies(account, principal) {
      const user = userIdOf(account, principal)
      if (user === undefined) return []
      return reader.all('attached_policies', { account, user, limit: MAX_ATTACHED }).map(attachedPolicyOf)
    },
  }
}
