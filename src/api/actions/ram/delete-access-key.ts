import { z } from 'zod'
import type { AccessService } from '../../../access/access-service.ts'
import { PosternError } from '../../../model/errors.ts'
import { toAccessKeyId } from '../../../model/ids.ts'
import type { Action } from '../../action.ts'
import { accessKeyId } from '../../ram-parameter-kinds.ts'
import { userResource } from '../../resources.ts'
import { keyOwnerName } from './key-owner-name.ts'
import { ramTarget } from './ram-target.ts'

const NAME = 'DeleteAccessKey'

const params = z.object({
  UserName: keyOwnerName(),
  UserAccessKeyId: accessKeyId().meta({
    description: 'The AccessKeyId of the key.',
    examples: ['PSTNa1b2c3d4e5f6g7h8i9j0'],
  }),
})

const reply = z.object({})

export function deleteAccessKey(services: {
  access: AccessService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { access } = services
  return {
    name: NAME,
    version: '2015-05-01',
    access: 'delete',
    mutates: true,
    summary: 'Deletes an AccessKey; that counts from the next request on.',
    params,
    reply,
    errors: [
      'InvalidParameter.{P}.InvalidChars',
      'InvalidParameter.{P}.Length',
      'EntityNotExist.User',
      'EntityNotExist.User.AccessKey',
    ],

    async prepare(given, { principal, burn }) {
      const { account } = principal
      const owner = await access.keyOwner(principal, given.UserName)
      return {
        target: ramTarget(NAME, userResource(account, given.UserName ?? owner?.name)),
        async handle() {
          if (owner === undefined) throw new PosternError('EntityNotExist.User')
          await access.deleteKey(owner, toAccessKeyId(given.UserAccessKeyId), burn)
          return {}
        },
      }
    },
  }
}
