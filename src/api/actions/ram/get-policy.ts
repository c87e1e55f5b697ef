import { z } from 'zod'
import type { AccessService } from '../../../access/access-service.ts'
import type { Action } from '../../action.ts'
import { policyName, policyType } from '../../ram-parameter-kinds.ts'
import { policyResource } from '../../resources.ts'
import { DEFAULT_VERSION, policyReply, toPolicyReply } from './policy-reply.ts'
import { ramTarget } from './ram-target.ts'

const NAME = 'GetPolicy'

const params = z.object({
  PolicyName: policyName().meta({ description: 'The name of the policy.', examples: ['WarehouseReader'] }),
  PolicyType: policyType().meta({ description: 'System or Custom.', examples: ['Custom'] }),
})

const reply = z.object({
  Policy: policyReply.meta({ description: 'The policy.' }),
  DefaultPolicyVersion: z
    .object({
      VersionId: z.string().meta({ description: 'Always v1.' }),
      IsDefaultVersion: z.boolean().meta({ description: 'Always true.' }),
      PolicyDocument: z.string().meta({ description: 'The text, as it was sent.' }),
      CreateDate: z.string().optional().meta({ description: 'UTC, to the second. Not of a System policy.' }),
    })
    .meta({ description: 'The version that counts.' }),
})

export function getPolicy(services: {
  access: AccessService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { access } = services
  return {
    name: NAME,
    version: '2015-05-01',
    access: 'get',
    mutates: false,
    summary: 'One policy with its text.',
    params,
    reply,
    errors: [
      'InvalidParameter.{P}.InvalidChars',
      'InvalidParameter.{P}.Length',
      'InvalidParameter.PolicyType',
      'EntityNotExist.Policy',
    ],

    async prepare(given, { principal }) {
      const { account } = principal
      return {
        target: ramTarget(NAME, policyResource(account, given.PolicyName, given.PolicyType)),
        async handle() {
          const policy = await access.policy(account, { type: given.PolicyType, name: given.PolicyName })
          const { CreateDate, ...shown } = toPolicyReply(policy)
          const created = CreateDate !== undefined && { CreateDate }
          return {
            Policy: { ...shown, ...created },
            DefaultPolicyVersion: {
              VersionId: DEFAULT_VERSION,
              IsDefaultVersion: true,
              PolicyDocument: policy.document,
              ...created,
            },
          }
        },
      }
    },
  }
}
