import type { PolicyType } from '../model/access-limits.ts'
import { PosternError } from '../model/errors.ts'
import { type AccountId, userOf } from '../model/ids.ts'
import type { AccessStore, Nonce } from '../store/access-store.ts'
import type { Attachment, NewPolicy, Policy, PolicyUpdate } from '../store/policy-store.ts'
import { accepted } from './accepted.ts'
import type { AttachedPolicy } from './authorise.ts'
import { type Page, pageOf } from './page.ts'
import { parsePolicyDocument } from './policy-document.ts'
import type { Principal } from './principal.ts'
import { SYSTEM_POLICIES, type SystemPolicy } from './system-policies.ts'

/** A policy as it is shown; those of the system have no dates. */
export interface ShownPolicy extends Omit<Policy, 'createdAt' | 'updatedAt'> {
  readonly type: PolicyType
  readonly createdAt?: number
  readonly updatedAt?: number
}

export interface PolicyOfUser {
  readonly name: string
  readonly type: PolicyType
  readonly description: string
  readonly attachedAt: number
}

/** Where a list goes on: after this policy. */
export interface PolicyMark {
  readonly type: PolicyType
  readonly name: string
}

/** Policies and who has them; `burn` and errors as in `UserService`. */
export interface PolicyService {
  /** Throws MalformedPolicyDocument too. */
  createPolicy(policy: NewPolicy, burn: Nonce | undefined): Promise<ShownPolicy>
  /** Throws MalformedPolicyDocument too. */
  updatePolicy(update: PolicyUpdate, burn: Nonce | undefined): Promise<ShownPolicy>
  policy(account: AccountId, policy: PolicyMark): Promise<ShownPolicy>
  /** Those of the system first, then the account's, each by name. */
  policies(
    account: AccountId,
    page: { readonly type: PolicyType | undefined; readonly after: PolicyMark | undefined; readonly limit: number },
  ): Promise<Page<ShownPolicy>>
  deletePolicy(policy: { readonly account: AccountId; readonly name: string }, burn: Nonce | undefined): Promise<void>
  attachPolicy(attachment: Attachment, burn: Nonce | undefined): Promise<void>
  /** Also of a policy of the system that this version does not have any more. */
  detachPolicy(attachment: Attachment, burn: Nonce | undefined): Promise<void>
  policiesOfUser(account: AccountId, name: string): Promise<readonly PolicyOfUser[]>
  /** For each request anew, so that what is detached does not count any more. */
  policiesOf(principal: Pick<Principal, 'account' | 'id'>): Promise<readonly AttachedPolicy[]>
}

export interface PolicyServiceParts {
  readonly store: AccessStore
}

export function createPolicyService({ store }: PolicyServiceParts): PolicyService {
  const showSystem = async (account: AccountId, policy: SystemPolicy): Promise<ShownPolicy> => ({
    ...policy,
    type: 'System',
    attachments: await store.attachments(account, { type: 'System', name: policy.name }),
  })

  return {
    async createPolicy(policy, burn) {
      parsePolicyDocument(policy.document)
      return { ...accepted(await store.createPolicy(policy, burn)), type: 'Custom' }
    },
    async updatePolicy(update, burn) {
      parsePolicyDocument(update.document)
      return { ...accepted(await store.updatePolicy(update, burn)), type: 'Custom' }
    },
    async policy(account, { type, name }) {
      const ofSystem = type === 'System' ? systemNamed(name) : undefined
      if (ofSystem !== undefined) return showSystem(account, ofSystem)
      const own = type === 'Custom' ? await store.policy(account, name) : undefined
      if (own === undefined) throw new PosternError('EntityNotExist.Policy')
      return { ...own, type: 'Custom' }
    },
    async policies(account, { type, after, limit }) {
      const passed = after?.type === 'System' ? after.name : ''
      const ofSystem =
        type === 'Custom' || after?.type === 'Custom' ? [] : SYSTEM_POLICIES.filter(({ name }) => name > passed)
      const first = ofSystem.slice(0, limit + 1)
      const shown = await Promise.all(first.map((policy) => showSystem(account, policy)))
      const rest = limit + 1 - first.length
      if (type === 'System' || rest === 0) return pageOf(shown, limit)
      const own = await store.policies(account, { after: after?.type === 'Custom' ? after.name : '', limit: rest })
      return pageOf([...shown, ...own.map((policy): ShownPolicy => ({ ...policy, type: 'Custom' }))], limit)
    },
    async deletePolicy(policy, burn) {
      accepted(await store.deletePolicy(policy, burn))
    },
    async attachPolicy(attachment, burn) {
      const { account, type, policy, userName } = attachment
      if (type === 'System' && systemNamed(policy) === undefined) {
        const user = await store.userByName(account, userName)
        throw new PosternError(user === undefined ? 'EntityNotExist.User' : 'EntityNotExist.Policy')
      }
      accepted(await store.attachPolicy(attachment, burn))
    },
    async detachPolicy(attachment, burn) {
      accepted(await store.detachPolicy(attachment, burn))
    },
    async policiesOfUser(account, name) {
      const user = await store.userByName(account, name)
      if (user === undefined) throw new PosternError('EntityNotExist.User')
      const attached = await store.attachedPolicies(account, userOf(account, user.id))
      return attached.map(({ name: policy, type, description, attachedAt }) => ({
        name: policy,
        type,
        description: type === 'System' ? (systemNamed(policy)?.description ?? '') : description,
        attachedAt,
      }))
    },
    async policiesOf({ account, id }) {
      const attached = await store.attachedPolicies(account, id)
      return attached.flatMap(({ name, type, document }) => {
        const text = type === 'System' ? systemNamed(name)?.document : document
        // One of the system that this version does not have grants nothing.
        return text === undefined ? [] : [{ name, type, document: text }]
      })
    },
  }
}

const systemNamed = (name: string) => SYSTEM_POLICIES.find((each) => each.name === name)
