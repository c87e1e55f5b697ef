import { z } from 'zod'
import type { AccessService } from '../../../access/access-service.ts'
import type { Action } from '../../action.ts'
import { comments, email, mobilePhone, userDisplayName, userName } from '../../ram-parameter-kinds.ts'
import { userResource } from '../../resources.ts'
import { ramTarget } from './ram-target.ts'
import { toUserReply, userReply } from './user-reply.ts'

const NAME = 'CreateUser'

const params = z.object({
  UserName: userName().meta({
    description: 'The name: letters, digits and . @ - _, at most 64 characters, none twice in an account.',
    examples: ['alice'],
  }),
  DisplayName: userDisplayName()
    .optional()
    .meta({ description: 'The name for people, at most 128 characters.', examples: ['Alice'] }),
  MobilePhone: mobilePhone()
    .optional()
    .meta({
      description: 'The phone number: the code of a country, a hyphen, the number.',
      examples: ['86-18600008888'],
    }),
  Email: email()
    .optional()
    .meta({ description: 'The e-mail address.', examples: ['alice@example.com'] }),
  Comments: comments()
    .optional()
    .meta({ description: 'The remark, at most 128 characters.', examples: ['On call in winter'] }),
})

const reply = z.object({ User: userReply.meta({ description: 'The user.' }) })

export function createUser(services: {
  access: AccessService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { access } = services
  return {
    name: NAME,
    version: '2015-05-01',
    access: 'create',
    mutates: true,
    summary: 'Makes a user of the account, without keys and without permissions.',
    params,
    reply,
    errors: [
      'InvalidParameter.{P}.InvalidChars',
      'InvalidParameter.{P}.Length',
      'InvalidParameter.{P}.Format',
      'EntityAlreadyExists.User',
      'LimitExceeded.User',
    ],

    async prepare(given, { principal, burn }) {
      const { account } = principal
      return {
        target: ramTarget(NAME, userResource(account, given.UserName)),
        async handle() {
          const details = {
            name: given.UserName,
            displayName: given.DisplayName ?? '',
            mobilePhone: given.MobilePhone ?? '',
            email: given.Email ?? '',
            comments: given.Comments ?? '',
          }
          return { User: toUserReply(await access.createUser(account, details, burn)) }
        },
      }
    },
  }
}
