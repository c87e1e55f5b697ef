import { z } from 'zod'
import type { AccessService } from '../../../access/access-service.ts'
import type { Action } from '../../action.ts'
import { policyName } from '../../ram-parameter-kinds.ts'
import { policyResource } from '../../resources.ts'
import { ramTarget } from './ram-target.ts'

const NAME = 'DeletePolicy'

const params = z.object({
  PolicyName: policyName().meta({ description: 'The name of the policy.', examples: ['WarehouseReader'] }),
})

const reply = z.object({})

export function deletePolicy(services: {
  access: AccessService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { access } = services
  return {
    name: NAME,
    version: '2015-05-01',
    access: 'delete',
    mutates: true,
    summary: 'Deletes a policy of the account that no user has any more.',
    params,
    reply,
    errors: [
      'InvalidParameter.{P}.InvalidChars',
      'InvalidParameter.{P}.Length',
      'EntityNotExist.Policy',
      'DeleteConflict.Policy.User',
    ],

    async prepare(given, { principal, burn }) {
      const { account } = principal
      return {
        target: ramTarget(NAME, policyResource(account, given.PolicyName)),
        async handle() {
          await access.deletePolicy({ account, name: given.PolicyName }, burn)
          return {}
        },
      }
    },
  }
}
