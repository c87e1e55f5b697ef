import { z } from 'zod'
import type { AccessService } from '../../../access/access-service.ts'
import type { Action } from '../../action.ts'
import { userName } from '../../ram-parameter-kinds.ts'
import { userResource } from '../../resources.ts'
import { ramTarget } from './ram-target.ts'
import { toUserReply, userReply } from './user-reply.ts'

const NAME = 'GetUser'

const params = z.object({
  UserName: userName().meta({ description: 'The name of the user.', examples: ['alice'] }),
})

const reply = z.object({ User: userReply.meta({ description: 'The user.' }) })

export function getUser(services: { access: AccessService }): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { access } = services
  return {
    name: NAME,
    version: '2015-05-01',
    access: 'get',
    mutates: false,
    summary: 'One user of the account.',
    params,
    reply,
    errors: ['InvalidParameter.{P}.InvalidChars', 'InvalidParameter.{P}.Length', 'EntityNotExist.User'],

    async prepare(given, { principal }) {
      const { account } = principal
      return {
        target: ramTarget(NAME, userResource(account, given.UserName)),
        async handle() {
          return { User: toUserReply(await access.user(account, given.UserName)) }
        },
      }
    },
  }
}
