import { z } from 'zod'
import type { AccessService } from '../../../access/access-service.ts'
import type { Action } from '../../action.ts'
import { maxItems, userMarker } from '../../ram-parameter-kinds.ts'
import { userResource } from '../../resources.ts'
import { ramTarget } from './ram-target.ts'
import { toUserReply, userReply } from './user-reply.ts'

const NAME = 'ListUsers'

const params = z.object({
  Marker: userMarker()
    .optional()
    .meta({ description: 'From the page before.', examples: ['alice'] }),
  MaxItems: maxItems(1_000),
})

const reply = z.object({
  Users: z.object({ User: z.array(userReply) }).meta({ description: 'The users.' }),
  IsTruncated: z.boolean().meta({ description: 'Whether there are more; then ask again with Marker.' }),
  Marker: z.string().optional().meta({ description: 'Where the next page begins, if there is one.' }),
})

export function listUsers(services: {
  access: AccessService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { access } = services
  return {
    name: NAME,
    version: '2015-05-01',
    access: 'list',
    mutates: false,
    summary: 'The users of the account, by name.',
    params,
    reply,
    errors: [],

    async prepare(given, { principal }) {
      const { account } = principal
      return {
        target: ramTarget(NAME, userResource(account, '*')),
        async handle() {
          const { items, more } = await access.users(account, { after: given.Marker ?? '', limit: given.MaxItems })
          const last = items.at(-1)
          return {
            Users: { User: items.map(toUserReply) },
            IsTruncated: more,
            ...(more && last !== undefined && { Marker: last.name }),
          }
        },
      }
    },
  }
}
