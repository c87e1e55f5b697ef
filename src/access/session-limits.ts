import { parsePolicyDocument } from './policy-document.ts'
import type { NamedPolicy } from './evaluate-policies.ts'

/**
 * What no temporary key may do, whatever its owner may: nothing that gives anybody a permission for longer than the key
 * lives. Keys, sessions and attachments are made and changed with a permanent key.
 */
export const NEVER_IN_A_SESSION = [
  'sts:AssumeRole',
  'ram:CreateAccessKey',
  'ram:UpdateAccessKey',
  'ram:AttachPolicyToUser',
  'ram:DetachPolicyFromUser',
  'ram:UpdatePolicy',
] as const

const all = { Effect: 'Allow', Action: '*', Resource: '*' }

/** Everything in the account: what its root has. */
export const EVERYTHING = policy('Everything', [all])

/** Everything but that. */
export const SESSION_LIMITS = policy('SessionLimits', [
  all,
  { Effect: 'Deny', Action: NEVER_IN_A_SESSION, Resource: '*' },
])

function policy(name: string, Statement: readonly object[]): NamedPolicy {
  return { name, type: 'System', document: parsePolicyDocument(JSON.stringify({ Version: '1', Statement })) }
}
