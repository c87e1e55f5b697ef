import { z } from 'zod'
import type { AccessService } from '../../../access/access-service.ts'
import type { Action } from '../../action.ts'
import { comments, email, mobilePhone, userDisplayName, userName } from '../../ram-parameter-kinds.ts'
import { userResource } from '../../resources.ts'
import { ramTarget } from './ram-target.ts'
import { toUserReply, userReply } from './user-reply.ts'

const NAME = 'UpdateUser'

const params = z.object({
  UserName: userName().meta({ description: 'The name of the user.', examples: ['alice'] }),
  NewUserName: userName()
    .optional()
    .meta({ description: 'The new name.', examples: ['alice.b'] }),
  NewDisplayName: userDisplayName()
    .optional()
    .meta({ description: 'The new name for people, at most 128 characters.', examples: ['Alice'] }),
  NewMobilePhone: mobilePhone()
    .optional()
    .meta({
      description: 'The new phone number: the code of a country, a hyphen, the number.',
      examples: ['86-18600008888'],
    }),
  NewEmail: email()
    .optional()
    .meta({ description: 'The new e-mail address.', examples: ['alice@example.com'] }),
  NewComments: comments()
    .optional()
    .meta({ description: 'The new remark, at most 128 characters.', examples: ['On call in winter'] }),
})

const reply = z.object({ User: userReply.meta({ description: 'The user.' }) })

export function updateUser(services: {
  access: AccessService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { access } = services
  return {
    name: NAME,
    version: '2015-05-01',
    access: 'update',
    mutates: true,
    summary:
      'Changes the name and the details of a user; what is left out stays. Keys and policies stay with the user.',
    params,
    reply,
    errors: [
      'InvalidParameter.{P}.InvalidChars',
      'InvalidParameter.{P}.Length',
      'InvalidParameter.{P}.Format',
      'EntityNotExist.User',
      'EntityAlreadyExists.User',
    ],

    async prepare(given, { principal, burn }) {
      const { account } = principal
      return {
        target: ramTarget(NAME, userResource(account, given.UserName)),
        async handle() {
          const changes = {
            ...(given.NewUserName !== undefined && { name: given.NewUserName }),
            ...(given.NewDisplayName !== undefined && { displayName: given.NewDisplayName }),
            ...(given.NewMobilePhone !== undefined && { mobilePhone: given.NewMobilePhone }),
            ...(given.NewEmail !== undefined && { email: given.NewEmail }),
            ...(given.NewComments !== undefined && { comments: given.NewComments }),
          }
          return { User: toUserReply(await access.updateUser({ account, name: given.UserName, changes }, burn)) }
        },
      }
    },
  }
}
