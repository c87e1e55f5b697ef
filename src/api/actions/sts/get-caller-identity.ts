import { z } from 'zod'
import type { AccessService } from '../../../access/access-service.ts'
import type { Action } from '../../action.ts'
import { sessionResource, userResource } from '../../resources.ts'

const params = z.object({})

const reply = z.object({
  AccountId: z.string().meta({ description: 'The account of the caller.' }),
  UserId: z
    .string()
    .meta({ description: 'The user, or whom a temporary key acts for; for the root of an account the account.' }),
  PrincipalId: z.string().meta({ description: 'The same as UserId; for a temporary key UserId:RoleSessionName.' }),
  Arn: z.string().meta({ description: 'How policies name the caller.' }),
  IdentityType: z
    .enum(['Account', 'RAMUser', 'AssumedRoleUser'])
    .meta({ description: 'Account: its root. AssumedRoleUser: a temporary key.' }),
})

/** Whoever has a key may ask who that is: it is how people find out which key they use. */
export function getCallerIdentity(services: {
  access: AccessService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { access } = services
  return {
    name: 'GetCallerIdentity',
    version: '2015-04-01',
    access: 'get',
    mutates: false,
    summary: 'Who the caller is. Needs no permission.',
    params,
    reply,
    errors: [],

    async prepare(_given, { principal }) {
      const { account, temporary } = principal
      return {
        target: undefined,
        async handle() {
          const user = await access.caller(principal)
          const id = user?.id ?? account
          if (temporary !== undefined) {
            return {
              AccountId: account,
              UserId: id,
              PrincipalId: `${id}:${temporary.name}`,
              Arn: sessionResource(account, temporary.name),
              IdentityType: 'AssumedRoleUser',
            }
          }
          return {
            AccountId: account,
            UserId: id,
            PrincipalId: id,
            Arn: userResource(account, user?.name),
            IdentityType: user === undefined ? 'Account' : 'RAMUser',
          }
        },
      }
    },
  }
}
