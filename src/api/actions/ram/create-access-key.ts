import { z } from 'zod'
import type { AccessService } from '../../../access/access-service.ts'
import { PosternError } from '../../../model/errors.ts'
import type { Action } from '../../action.ts'
import { userResource } from '../../resources.ts'
import { keyOwnerName } from './key-owner-name.ts'
import { keyReply, toKeyReply } from './key-reply.ts'
import { ramTarget } from './ram-target.ts'

const NAME = 'CreateAccessKey'

const params = z.object({
  UserName: keyOwnerName(),
})

const reply = z.object({
  AccessKey: keyReply
    .extend({
      AccessKeySecret: z.string().meta({ description: 'The secret half. It is shown here and nowhere again.' }),
    })
    .meta({ description: 'The key.' }),
})

export function createAccessKey(services: {
  access: AccessService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { access } = services
  return {
    name: NAME,
    version: '2015-05-01',
    access: 'create',
    mutates: true,
    summary: 'Makes an AccessKey. Its secret is in this answer and nowhere else.',
    params,
    reply,
    errors: [
      'InvalidParameter.{P}.InvalidChars',
      'InvalidParameter.{P}.Length',
      'EntityNotExist.User',
      'LimitExceeded.User.AccessKey',
    ],

    async prepare(given, { principal, burn }) {
      const { account } = principal
      const owner = await access.keyOwner(principal, given.UserName)
      return {
        target: ramTarget(NAME, userResource(account, given.UserName ?? owner?.name)),
        async handle() {
          if (owner === undefined) throw new PosternError('EntityNotExist.User')
          const key = await access.issueKey(owner, burn)
          return { AccessKey: { ...toKeyReply(key), AccessKeySecret: key.secret } }
        },
      }
    },
  }
}
