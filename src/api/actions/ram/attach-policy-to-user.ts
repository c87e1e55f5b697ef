import { z } from 'zod'
import type { AccessService } from '../../../access/access-service.ts'
import type { Action } from '../../action.ts'
import { policyName, policyType, userName } from '../../ram-parameter-kinds.ts'
import { policyResource, userResource } from '../../resources.ts'
import { ramTarget } from './ram-target.ts'

const NAME = 'AttachPolicyToUser'

const params = z.object({
  PolicyType: policyType().meta({ description: 'System or Custom.', examples: ['Custom'] }),
  PolicyName: policyName().meta({ description: 'The name of the policy.', examples: ['WarehouseReader'] }),
  UserName: userName().meta({ description: 'The name of the user.', examples: ['alice'] }),
})

const reply = z.object({})

export function attachPolicyToUser(services: {
  access: AccessService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { access } = services
  return {
    name: NAME,
    version: '2015-05-01',
    access: 'update',
    mutates: true,
    summary: 'Gives a user what a policy allows and denies.',
    params,
    reply,
    errors: [
      'InvalidParameter.{P}.InvalidChars',
      'InvalidParameter.{P}.Length',
      'InvalidParameter.PolicyType',
      'EntityNotExist.User',
      'EntityNotExist.Policy',
      'EntityAlreadyExists.User.Policy',
      'LimitExceeded.User.Policy',
    ],

    async prepare(given, { principal, burn }) {
      const { account } = principal
      return {
        target: {
          ...ramTarget(NAME, userResource(account, given.UserName)),
          // Else who may manage a user could give her everything.
          also: { resource: policyResource(account, given.PolicyName, given.PolicyType), conditions: {} },
        },
        async handle() {
          const { PolicyType: type, PolicyName: policy, UserName: userNamed } = given
          await access.attachPolicy({ account, userName: userNamed, type, policy }, burn)
          return {}
        },
      }
    },
  }
}
