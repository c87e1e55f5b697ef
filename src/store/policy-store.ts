import type { PolicyType } from '../model/access-limits.ts'
import type { AccountId, PrincipalId } from '../model/ids.ts'
import type { Instant } from '../model/task.ts'
import type { AccessRefusal } from './access-refusal.ts'
import type { Nonce } from './access-store.ts'

export interface NewPolicy {
  readonly account: AccountId
  /** Unique in its account. */
  readonly name: string
  readonly description: string
  /** The exact text that was sent. */
  readonly document: string
}

export interface Policy extends Omit<NewPolicy, 'account'> {
  readonly createdAt: Instant
  readonly updatedAt: Instant
  /** How many users of the account have it. */
  readonly attachments: number
}

export interface PolicyUpdate extends Omit<NewPolicy, 'description'> {
  /** Undefined: it stays. */
  readonly description: string | undefined
}

export interface AttachedPolicy {
  readonly name: string
  readonly type: PolicyType
  /** Empty for System: those are not in the store. */
  readonly document: string
  readonly description: string
  readonly attachedAt: Instant
}

export interface Attachment {
  readonly account: AccountId
  readonly userName: string
  readonly type: PolicyType
  readonly policy: string
}

/** Policies that accounts made, and what is attached to their users. Asked and changed as `UserStore` is. */
export interface PolicyStore {
  createPolicy(policy: NewPolicy, burn: Nonce | undefined): Promise<Policy | AccessRefusal>
  policy(account: AccountId, name: string): Promise<Policy | undefined>
  /** By name, those after `after` ('' for the first page); `limit` 0–1001. */
  policies(account: AccountId, page: { readonly after: string; readonly limit: number }): Promise<readonly Policy[]>
  /** Whoever has it has the new text from the next look on. */
  updatePolicy(update: PolicyUpdate, burn: Nonce | undefined): Promise<Policy | AccessRefusal>
  /** Refused while it is attached to a user. */
  deletePolicy(
    policy: { readonly account: AccountId; readonly name: string },
    burn: Nonce | undefined,
  ): Promise<AccessRefusal | undefined>
  /** Whether a policy of the system exists is for the caller to know. */
  attachPolicy(attachment: Attachment, burn: Nonce | undefined): Promise<AccessRefusal | undefined>
  detachPolicy(attachment: Attachment, burn: Nonce | undefined): Promise<AccessRefusal | undefined>
  /** How many users of the account have it. */
  attachments(account: AccountId, policy: { readonly type: PolicyType; readonly name: string }): Promise<number>
  /** What a principal has; nothing for a root and for whom the account does not have. Asked anew for each request. */
  attachedPolicies(account: AccountId, principal: PrincipalId): Promise<readonly AttachedPolicy[]>
}
