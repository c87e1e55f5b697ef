import { z } from 'zod'
import type { AccessService } from '../../../access/access-service.ts'
import type { Action } from '../../action.ts'
import { MAX_DOCUMENT, policyDescription, policyDocument, policyName } from '../../ram-parameter-kinds.ts'
import { policyResource } from '../../resources.ts'
import { policyReply, toPolicyReply } from './policy-reply.ts'
import { ramTarget } from './ram-target.ts'

const NAME = 'CreatePolicy'

const params = z.object({
  PolicyName: policyName().meta({
    description: 'The name: letters, digits and hyphens, at most 128 characters, none twice in an account.',
    examples: ['WarehouseReader'],
  }),
  PolicyDocument: policyDocument().meta({
    description: `The text in the policy language, JSON, at most ${MAX_DOCUMENT} characters.`,
    examples: ['{"Version":"1","Statement":[{"Effect":"Allow","Action":"dbs:Get*","Resource":"*"}]}'],
  }),
  Description: policyDescription()
    .optional()
    .meta({ description: 'What it is for, at most 1024 characters.', examples: ['Reads lists of the warehouse'] }),
})

const reply = z.object({ Policy: policyReply.meta({ description: 'The policy.' }) })

export function createPolicy(services: {
  access: AccessService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { access } = services
  return {
    name: NAME,
    version: '2015-05-01',
    access: 'create',
    mutates: true,
    summary: 'Makes a policy of the account. It gives nothing until it is attached.',
    params,
    reply,
    errors: [
      'InvalidParameter.{P}.InvalidChars',
      'InvalidParameter.{P}.Length',
      'InvalidParameter.PolicyDocument.Length',
      'MalformedPolicyDocument',
      'EntityAlreadyExists.Policy',
      'LimitExceeded.Policy',
    ],

    async prepare(given, { principal, burn }) {
      const { account } = principal
      return {
        target: ramTarget(NAME, policyResource(account, given.PolicyName)),
        async handle() {
          const { PolicyName: name, PolicyDocument: document, Description: description = '' } = given
          return { Policy: toPolicyReply(await access.createPolicy({ account, name, description, document }, burn)) }
        },
      }
    },
  }
}
