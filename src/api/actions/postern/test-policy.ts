import { z } from 'zod'
import type { AccessService } from '../../../access/access-service.ts'
import { POLICY_LAYERS } from '../../../access/policy-layers.ts'
import type { TestedCaller } from '../../../access/policy-tester.ts'
import { invalid } from '../../../model/errors.ts'
import { type AccountId, toAccessKeyId } from '../../../model/ids.ts'
import type { Action } from '../../action.ts'
import { boolean, kind } from '../../parameter-kinds.ts'
import { accessKeyId, policyDocument, userName } from '../../ram-parameter-kinds.ts'
import { policyResource, userResource } from '../../resources.ts'
import { conditionsParameter } from '../../tested-conditions.ts'

const NAME = 'TestPolicy'
const MAX_RESOURCE = 1_024
const ACTION = /^\w{1,64}:\w{1,128}$/
const RESOURCE = /^acs:[^:\s]*:[^:\s]*:[^:\s]*:\S+$/

const params = z.object({
  UserName: userName()
    .optional()
    .meta({
      description: 'The user who would ask. Left out, like UserAccessKeyId: the root of the account.',
      examples: ['alice'],
    }),
  UserAccessKeyId: accessKeyId()
    .optional()
    .meta({
      description:
        'In place of UserName, the key that would ask; a key of STS may do no more than its owner and its own policy. Whether it works now makes no difference.',
      examples: ['STS.aaaaaaaaaaaaaaaaaaaa'],
    }),
  PolicyDocument: policyDocument()
    .optional()
    .meta({
      description: 'As if this policy were attached to the user as well. Without a user or a key: this policy alone.',
      examples: ['{"Version":"1","Statement":[{"Effect":"Allow","Action":"dbs:Get*","Resource":"*"}]}'],
    }),
  RequestedAction: kind({ type: 'string', pattern: ACTION.source }, (text) =>
    ACTION.test(text)
      ? { value: text }
      : { reason: 'It must be service:action, such as dbs:GetDBListFromAgent, without wildcards.' },
  ).meta({ description: 'What would be done: an action as policies name it.', examples: ['dbs:GetDBListFromAgent'] }),
  Resource: kind({ type: 'string', maxLength: MAX_RESOURCE, pattern: RESOURCE.source }, (text) =>
    text.length <= MAX_RESOURCE && RESOURCE.test(text)
      ? { value: text }
      : { reason: 'It must be acs:service:region:account:resource.' },
  ).meta({
    description: 'To what it would be done. What an action asks for all of, a list for example, has * in that place.',
    examples: ['acs:dbs:default:100000000000001:backupgateway/528104736915240'],
  }),
  UnknownParts: boolean()
    .prefault('false')
    .meta({
      description:
        'true: a * in Resource stands for what is not known, as where a gateway is not found; then every Deny that may apply does, and an Allow must surely.',
      examples: ['false'],
    }),
  Conditions: conditionsParameter(),
})
type Given = z.output<typeof params>

const reply = z.object({
  Result: z.enum(['Allow', 'Deny']).meta({ description: 'What the server would do.' }),
  Reason: z.enum(['Allow', 'ExplicitDeny', 'ImplicitDeny']).meta({
    description: 'ExplicitDeny: a statement denies it. ImplicitDeny: no statement allows it.',
  }),
  Decisions: z
    .object({
      Decision: z.array(
        z.object({
          Layer: z.enum(POLICY_LAYERS).meta({
            description:
              'Policies: what is attached, or the rights of the root. Of a key of STS also SessionLimits: what no such key may, and SessionPolicy: what it was made with.',
          }),
          Result: z.enum(['Allow', 'ExplicitDeny', 'ImplicitDeny']).meta({ description: 'Of this layer.' }),
          PolicyType: z.enum(['System', 'Custom', 'Session', 'Given']).optional().meta({
            description: 'Whose statement decided: Given is PolicyDocument of the question. Left out where none did.',
          }),
          PolicyName: z.string().optional().meta({ description: 'Of a session its name; empty where it was given.' }),
          Statement: z.number().optional().meta({ description: 'Which statement of the policy, from 0.' }),
          StatementText: z.string().optional().meta({ description: 'The statement, JSON.' }),
        }),
      ),
    })
    .meta({ description: 'All of them must allow it; an explicit deny of any wins.' }),
})
type Reply = z.output<typeof reply>

export function testPolicy(services: { access: AccessService }): Action<Given, Reply> {
  const { access } = services
  return {
    name: NAME,
    version: '2026-12-01',
    access: 'get',
    mutates: false,
    summary:
      'May somebody do something? What the server would decide, and the statement that decides. Nothing is done.',
    params,
    reply,
    errors: [
      'InvalidParameter.{P}.InvalidChars',
      'InvalidParameter.{P}.Length',
      'InvalidParameter.PolicyDocument.Length',
      'MalformedPolicyDocument',
      'EntityNotExist.User',
      'EntityNotExist.User.AccessKey',
    ],

    async prepare(given, { principal }) {
      const { account } = principal
      const { UserName, UserAccessKeyId, PolicyDocument, RequestedAction, Resource, UnknownParts, Conditions } = given
      return {
        target: { action: `postern:${NAME}`, resource: resourceOf(account, given), conditions: {} },
        async handle() {
          if (UserName !== undefined && UserAccessKeyId !== undefined)
            throw invalid('UserAccessKeyId', 'Send it or UserName.')
          const caller: TestedCaller = {
            userName: UserName,
            key: UserAccessKeyId === undefined ? undefined : toAccessKeyId(UserAccessKeyId),
            document: PolicyDocument,
          }
          const request = { action: RequestedAction, resource: Resource, open: UnknownParts, conditions: Conditions }
          const { result, layers } = await access.testPolicy(account, caller, request)
          return {
            Result: result === 'Allow' ? ('Allow' as const) : ('Deny' as const),
            Reason: result,
            Decisions: {
              Decision: layers.map(({ layer, result: ofLayer, by }) => ({
                Layer: layer,
                Result: ofLayer,
                ...(by && {
                  PolicyType: by.type,
                  PolicyName: by.policy,
                  Statement: by.statement,
                  StatementText: by.text,
                }),
              })),
            },
          }
        },
      }
    },
  }
}

/** Whose policies the answer tells of. Whose key it is is not known yet, so it takes the permission for all users. */
function resourceOf(account: AccountId, { UserName, UserAccessKeyId, PolicyDocument }: Given): string {
  if (UserAccessKeyId !== undefined) return userResource(account, '*')
  if (UserName !== undefined) return userResource(account, UserName)
  return PolicyDocument === undefined ? userResource(account, undefined) : policyResource(account, '*')
}
