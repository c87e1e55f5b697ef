import { z } from 'zod'
import type { AccessService } from '../../../access/access-service.ts'
import { PosternError } from '../../../model/errors.ts'
import { toAccessKeyId } from '../../../model/ids.ts'
import type { Action } from '../../action.ts'
import { accessKeyId, keyStatus } from '../../ram-parameter-kinds.ts'
import { userResource } from '../../resources.ts'
import { keyOwnerName } from './key-owner-name.ts'
import { ramTarget } from './ram-target.ts'

const NAME = 'UpdateAccessKey'

const params = z.object({
  UserName: keyOwnerName(),
  UserAccessKeyId: accessKeyId().meta({
    description: 'The AccessKeyId of the key.',
    examples: ['PSTNa1b2c3d4e5f6g7h8i9j0'],
  }),
  Status: keyStatus().meta({ description: 'Active or Inactive.', examples: ['Inactive'] }),
})

const reply = z.object({})

export function updateAccessKey(services: {
  access: AccessService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { access } = services
  return {
    name: NAME,
    version: '2015-05-01',
    access: 'update',
    mutates: true,
    summary: 'Switches an AccessKey on or off; that counts from the next request on.',
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
          const key = { id: toAccessKeyId(given.UserAccessKeyId), active: given.Status === 'Active' }
          await access.setKeyActive(owner, key, burn)
          return {}
        },
      }
    },
  }
}
