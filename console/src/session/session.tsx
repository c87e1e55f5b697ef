import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react'
import * as z from 'zod/mini'
import { ApiError } from '../api/api-error.ts'
import { type ApiClient, createClient } from '../api/client.ts'
import { VERSION } from '../api/products.ts'
import { createSigner } from '../api/sign-v3.ts'

/** What a person types, or a one-use code is exchanged for. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secret: string
  readonly securityToken?: string
  /** Of a temporary key, ms since 1970. */
  readonly expiresAt?: number
}

const identity = z.object({
  AccountId: z.string(),
  UserId: z.string(),
  PrincipalId: z.string(),
  Arn: z.string(),
  IdentityType: z.string(),
})

export interface Session {
  readonly client: ApiClient
  readonly accessKeyId: string
  readonly identity: z.infer<typeof identity>
  readonly expiresAt?: number
}

export type WhyEnded = 'signedOut' | 'expired'

interface SessionState {
  readonly session: Session | undefined
  readonly ended: WhyEnded | undefined
  /** Asks the server who it is. Rejects with ApiError; then nothing has changed. */
  readonly signIn: (credentials: Credentials) => Promise<void>
  /** Forgets the key and all that was read with it. */
  readonly signOut: (why: WhyEnded) => void
}

const SessionContext = createContext<SessionState | undefined>(undefined)

/** The key lives in here and nowhere else: a reload forgets it. */
export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const queries = useQueryClient()
  const [session, setSession] = useState<Session>()
  const [ended, setEnded] = useState<WhyEnded>()

  const signIn = useCallback(async (credentials: Credentials) => {
    const { expiresAt, ...key } = credentials
    const client = createClient(await createSigner(key), location.origin)
    const who = await client.call({ action: 'GetCallerIdentity', version: VERSION.sts, answer: identity })
    setEnded(undefined)
    setSession({
      client,
      accessKeyId: key.accessKeyId,
      identity: who,
      ...(expiresAt !== undefined && { expiresAt }),
    })
  }, [])
  const signOut = useCallback(
    (why: WhyEnded) => {
      setSession(undefined)
      setEnded(why)
      queries.clear()
    },
    [queries],
  )
  // Whatever page meets it first: a key that does not work any more ends the session.
  useEffect(() => {
    if (session === undefined) return undefined
    const look = (error: unknown) => {
      if (error instanceof ApiError && endsSession(error, session)) signOut('expired')
    }
    const unsubscribe = [
      queries.getQueryCache().subscribe((event) => {
        if (event.type === 'updated' && event.action.type === 'error') look(event.action.error)
      }),
      queries.getMutationCache().subscribe((event) => {
        if (event.type === 'updated' && event.action.type === 'error') look(event.action.error)
      }),
    ]
    return () => {
      for (const each of unsubscribe) each()
    }
  }, [queries, session, signOut])

  const state = useMemo(() => ({ session, ended, signIn, signOut }), [session, ended, signIn, signOut])
  return <SessionContext value={state}>{children}</SessionContext>
}

const ENDED = new Set(['InvalidAccessKeyId.NotFound', 'InvalidAccessKeyId.Inactive', 'InvalidSecurityToken.Expired'])
const endsSession = ({ code }: ApiError, session: Session | undefined) => session !== undefined && ENDED.has(code)

export function useSessionState(): SessionState {
  const state = useContext(SessionContext)
  if (state === undefined) throw new Error('there is no SessionProvider')
  return state
}

/** Of pages that are shown only to somebody who has signed in. */
export function useSession(): Session {
  const { session } = useSessionState()
  if (session === undefined) throw new Error('nobody has signed in')
  return session
}
