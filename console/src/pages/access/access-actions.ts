import * as z from 'zod/mini'
import { VERSION } from '../../api/products.ts'
import { useRead } from '../../api/use-api.ts'

const version = VERSION.ram
/** The most of one answer. */
const PAGE = 1_000

const user = z.object({
  UserId: z.string(),
  UserName: z.string(),
  DisplayName: z.string(),
  MobilePhone: z.string(),
  Email: z.string(),
  Comments: z.string(),
  CreateDate: z.string(),
  UpdateDate: z.string(),
})
export type User = z.infer<typeof user>
const oneUser = z.object({ User: user })
const nothing = z.object({})

const LIST_USERS = { action: 'ListUsers', version, answer: z.object({ Users: z.object({ User: z.array(user) }) }) }
export const GET_USER = { action: 'GetUser', version, answer: oneUser }
export const CREATE_USER = { action: 'CreateUser', version, answer: oneUser }
export const UPDATE_USER = { action: 'UpdateUser', version, answer: oneUser }
export const DELETE_USER = { action: 'DeleteUser', version, answer: nothing }

/** All of them: an account has no more than a page. */
export const useUsers = () => useRead(LIST_USERS, { params: { MaxItems: PAGE } })

const key = z.object({ AccessKeyId: z.string(), Status: z.enum(['Active', 'Inactive']), CreateDate: z.string() })
export type Key = z.infer<typeof key>

export const LIST_KEYS = {
  action: 'ListAccessKeys',
  version,
  answer: z.object({ AccessKeys: z.object({ AccessKey: z.array(key) }) }),
}
export const CREATE_KEY = {
  action: 'CreateAccessKey',
  version,
  answer: z.object({ AccessKey: z.object({ AccessKeyId: z.string(), AccessKeySecret: z.string() }) }),
}
export const UPDATE_KEY = { action: 'UpdateAccessKey', version, answer: nothing }
export const DELETE_KEY = { action: 'DeleteAccessKey', version, answer: nothing }

const policyType = z.enum(['System', 'Custom'])
export type PolicyType = z.infer<typeof policyType>
const policy = z.object({
  PolicyName: z.string(),
  PolicyType: policyType,
  Description: z.string(),
  AttachmentCount: z.number(),
  CreateDate: z.optional(z.string()),
  UpdateDate: z.optional(z.string()),
})
export type Policy = z.infer<typeof policy>

const LIST_POLICIES = {
  action: 'ListPolicies',
  version,
  answer: z.object({ Policies: z.object({ Policy: z.array(policy) }), Marker: z.optional(z.string()) }),
}
export const GET_POLICY = {
  action: 'GetPolicy',
  version,
  answer: z.object({ Policy: policy, DefaultPolicyVersion: z.object({ PolicyDocument: z.string() }) }),
}
export const CREATE_POLICY = { action: 'CreatePolicy', version, answer: z.object({ Policy: policy }) }
export const UPDATE_POLICY = {
  action: 'UpdatePolicy',
  version: VERSION.postern,
  answer: z.object({ Policy: policy }),
}
export const DELETE_POLICY = { action: 'DeletePolicy', version, answer: nothing }
export const ATTACH_POLICY = { action: 'AttachPolicyToUser', version, answer: nothing }
export const DETACH_POLICY = { action: 'DetachPolicyFromUser', version, answer: nothing }
export const LIST_POLICIES_OF_USER = {
  action: 'ListPoliciesForUser',
  version,
  answer: z.object({
    Policies: z.object({
      Policy: z.array(
        z.object({ PolicyName: z.string(), PolicyType: policyType, Description: z.string(), AttachDate: z.string() }),
      ),
    }),
  }),
}

/** All of them: an account has no more than two pages. */
export function usePolicies() {
  const first = useRead(LIST_POLICIES, { params: { MaxItems: PAGE } })
  const marker = first.data?.Marker
  const second = useRead(LIST_POLICIES, { params: { MaxItems: PAGE, Marker: marker }, enabled: marker !== undefined })
  const rest = marker === undefined ? [] : (second.data?.Policies.Policy ?? [])
  return {
    policies: first.data === undefined ? undefined : [...first.data.Policies.Policy, ...rest],
    error: first.error ?? (marker === undefined ? null : second.error),
    refetch: () => Promise.all([first.refetch(), ...(marker === undefined ? [] : [second.refetch()])]),
  }
}

export const VALIDATE_POLICY = {
  action: 'ValidatePolicyDocument',
  version: VERSION.postern,
  answer: z.object({
    Valid: z.boolean(),
    Problem: z.optional(
      z.object({
        Message: z.string(),
        Kind: z.optional(z.string()),
        Element: z.optional(z.string()),
        Found: z.optional(z.string()),
        Expected: z.optional(z.object({ Name: z.array(z.string()) })),
        Start: z.number(),
        End: z.number(),
        Line: z.number(),
        Column: z.number(),
      }),
    ),
  }),
}

const result = z.enum(['Allow', 'ExplicitDeny', 'ImplicitDeny'])
const decision = z.object({
  Layer: z.enum(['Policies', 'SessionLimits', 'SessionPolicy']),
  Result: result,
  PolicyType: z.optional(z.enum(['System', 'Custom', 'Session', 'Given'])),
  PolicyName: z.optional(z.string()),
  Statement: z.optional(z.number()),
  StatementText: z.optional(z.string()),
})
export type Decision = z.infer<typeof decision>

const verdict = z.object({
  Result: z.enum(['Allow', 'Deny']),
  Reason: result,
  Decisions: z.object({ Decision: z.array(decision) }),
})
export type Verdict = z.infer<typeof verdict>
export const TEST_POLICY = { action: 'TestPolicy', version: VERSION.postern, answer: verdict }
