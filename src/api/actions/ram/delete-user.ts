import { z } from 'zod'
import type { AccessService } from '../../../access/access-service.ts'
import type { Action } from '../../action.ts'
import { userName } from '../../ram-parameter-kinds.ts'
import { userResource } from '../../resources.ts'
import { ramTarget } from './ram-target.ts'

const NAME = 'DeleteUser'

const params = z.object({
  UserName: userName().meta({ description: 'The name of the user.', examples: ['alice'] }),
})

const reply = z.object({})

export function deleteUser(services: {
  access: AccessService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { access } = services
  return {
    name: NAME,
    version: '2015-05-01',
    access: 'delete',
    mutates: true,
    summary: 'Deletes a user that has neither keys nor policies any more.',
    params,
    reply,
    errors: [
      'InvalidParameter.{P}.InvalidChars',
      'InvalidParameter.{P}.Length',
      'EntityNotExist.User',
      'DeleteConflict.User.AccessKey',
      'DeleteConflict.User.Policy',
    ],

    async prepare(given, { principal, burn }) {
      const { account } = principal
      return {
        target: ramTarget(NAME, userResource(account, given.UserName)),
        async handle() {
          await access.deleteUser({ account, name: given.UserName }, burn)
          return {}
        },
      }
    },
  }
}
