import { z } from 'zod'
import type { AccessService } from '../../../access/access-service.ts'
import { PosternError } from '../../../model/errors.ts'
import type { Action } from '../../action.ts'
import { userResource } from '../../resources.ts'
import { keyOwnerName } from './key-owner-name.ts'
import { keyReply, toKeyReply } from './key-reply.ts'
import { ramTarget } from './ram-target.ts'

const NAME = 'ListAccessKeys'

const params = z.object({
  UserName: keyOwnerName(),
})

const reply = z.object({
  AccessKeys: z.object({ AccessKey: z.array(keyReply) }).meta({ description: 'The keys, the oldest first.' }),
})

export function listAccessKeys(services: {
  access: AccessService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { access } = services
  return {
    name: NAME,
    version: '2015-05-01',
    access: 'list',
    mutates: false,
    summary: 'The AccessKeys of a user, without their secrets.',
    params,
    reply,
    errors: ['InvalidParameter.{P}.InvalidChars', 'InvalidParameter.{P}.Length', 'EntityNotExist.User'],

    async prepare(given, { principal }) {
      const { account } = principal
      const owner = await access.keyOwner(principal, given.UserName)
      return {
        target: ramTarget(NAME, userResource(account, given.UserName ?? owner?.name)),
        async handle() {
          if (owner === undefined) throw new PosternError('EntityNotExist.User')
          const keys = await access.keysOf(owner)
          return { AccessKeys: { AccessKey: keys.map(toKeyReply) } }
        },
      }
    },
  }
}
