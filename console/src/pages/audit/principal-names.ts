import { useMemo } from 'react'
import * as z from 'zod/mini'
import { VERSION } from '../../api/products.ts'
import { useRead } from '../../api/use-api.ts'
import { useSession } from '../../session/session.tsx'

const LIST_USERS = {
  action: 'ListUsers',
  version: VERSION.ram,
  answer: z.object({ Users: z.object({ User: z.array(z.object({ UserId: z.string(), UserName: z.string() })) }) }),
}

/** The names of users by what the trail calls them. Who may not list users sees the ids. */
export function usePrincipalNames(): ReadonlyMap<string, string> {
  const { identity } = useSession()
  const { data } = useRead(LIST_USERS, { params: { MaxItems: 1_000 } })
  const users = data?.Users.User
  return useMemo(
    () =>
      new Map([
        [`${identity.AccountId}:root`, 'root'],
        ...(users ?? []).map(({ UserId: id, UserName: name }) => [`${identity.AccountId}:user/${id}`, name] as const),
      ]),
    [identity.AccountId, users],
  )
}
