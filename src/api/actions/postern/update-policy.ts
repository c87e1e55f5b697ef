import { z } from 'zod'
import type { AccessService } from '../../../access/access-service.ts'
import type { Action } from '../../action.ts'
import { MAX_DOCUMENT, policyDescription, policyDocument, policyName } from '../../ram-parameter-kinds.ts'
import { policyResource } from '../../resources.ts'
import { policyReply, toPolicyReply } from '../ram/policy-reply.ts'
import { ramTarget } from '../ram/ram-target.ts'

const NAME = 'UpdatePolicy'

const params = z.object({
  PolicyName: policyName().meta({ description: 'The name of the policy; it stays.', examples: ['WarehouseReader'] }),
  PolicyDocument: policyDocument().meta({
    description: `The new text in the policy language, JSON, at most ${MAX_DOCUMENT} characters.`,
    examples: ['{"Version":"1","Statement":[{"Effect":"Allow","Action":"dbs:Get*","Resource":"*"}]}'],
  }),
  Description: policyDescription()
    .optional()
    .meta({ description: 'What it is for. Left out: it stays.', examples: ['Reads lists of the warehouse'] }),
})

const reply = z.object({ Policy: policyReply.meta({ description: 'The policy.' }) })

export function updatePolicy(services: {
  access: AccessService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { access } = services
  return {
    name: NAME,
    version: '2026-12-01',
    access: 'update',
    mutates: true,
    summary:
      'Gives a policy of the account another text, at once for every user who has it: from the next request on. It takes the permission `ram:UpdatePolicy`.',
    params,
    reply,
    errors: [
      'NoPermission',
      'InvalidParameter.{P}.InvalidChars',
      'InvalidParameter.{P}.Length',
      'InvalidParameter.PolicyDocument.Length',
      'MalformedPolicyDocument',
      'EntityNotExist.Policy',
    ],

    async prepare(given, { principal, burn }) {
      const { account } = principal
      return {
        // Of RAM: who may do everything with gateways must not be able to give herself more.
        target: ramTarget(NAME, policyResource(account, given.PolicyName)),
        async handle() {
          const { PolicyName: name, PolicyDocument: document, Description: description } = given
          return { Policy: toPolicyReply(await access.updatePolicy({ account, name, description, document }, burn)) }
        },
      }
    },
  }
}
