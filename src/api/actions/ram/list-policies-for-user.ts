import { z } from 'zod'
import type { AccessService } from '../../../access/access-service.ts'
import type { Action } from '../../action.ts'
import { userName } from '../../ram-parameter-kinds.ts'
import { ramTime } from '../../ram-time.ts'
import { userResource } from '../../resources.ts'
import { DEFAULT_VERSION, policyReply } from './policy-reply.ts'
import { ramTarget } from './ram-target.ts'

const NAME = 'ListPoliciesForUser'

const params = z.object({
  UserName: userName().meta({ description: 'The name of the user.', examples: ['alice'] }),
})

const reply = z.object({
  Policies: z
    .object({
      Policy: z.array(
        policyReply
          .pick({ PolicyName: true, PolicyType: true, Description: true, DefaultVersion: true })
          .extend({ AttachDate: z.string().meta({ description: 'UTC, to the second.' }) }),
      ),
    })
    .meta({ description: 'The policies.' }),
})

export function listPoliciesForUser(services: {
  access: AccessService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { access } = services
  return {
    name: NAME,
    version: '2015-05-01',
    access: 'list',
    mutates: false,
    summary: 'The policies that a user has.',
    params,
    reply,
    errors: ['InvalidParameter.{P}.InvalidChars', 'InvalidParameter.{P}.Length', 'EntityNotExist.User'],

    async prepare(given, { principal }) {
      const { account } = principal
      return {
        target: ramTarget(NAME, userResource(account, given.UserName)),
        async handle() {
          const attached = await access.policiesOfUser(account, given.UserName)
          const replies = attached.map(({ name, type, description, attachedAt }) => ({
            PolicyName: name,
            PolicyType: type,
            Description: description,
            DefaultVersion: DEFAULT_VERSION,
            AttachDate: ramTime(attachedAt),
          }))
          return { Policies: { Policy: replies } }
        },
      }
    },
  }
}
