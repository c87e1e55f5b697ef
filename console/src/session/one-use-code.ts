import * as z from 'zod/mini'
import { ApiError, NO_CONNECTION } from '../api/api-error.ts'
import { toApiError } from '../api/client.ts'
import type { Credentials } from './session.tsx'

const EXCHANGE_MS = 15_000

const reply = z.object({
  AccessKeyId: z.string(),
  AccessKeySecret: z.string(),
  SecurityToken: z.string(),
  Expiration: z.string(),
})

/** The code in the fragment, which never goes to a server. It is gone from the address bar and the history at once. */
export function takeOneUseCode(): string | undefined {
  const code = /^#code=([A-Za-z0-9]+)$/.exec(location.hash)?.[1]
  if (code !== undefined) history.replaceState(null, '', location.pathname + location.search)
  return code
}

/** Credentials for an hour. Rejects with ApiError where the code was used, is too old, or the way here is not loopback. */
export async function exchangeCode(code: string): Promise<Credentials> {
  let response: Response
  try {
    response = await fetch('/console/sign-in', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ Code: code }),
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(EXCHANGE_MS),
    })
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new ApiError({ code: NO_CONNECTION, message, status: 0, cause })
  }
  const body = z.record(z.string(), z.unknown()).parse(await response.json())
  if (!response.ok) throw toApiError(response.status, body)
  const { AccessKeyId, AccessKeySecret, SecurityToken, Expiration } = reply.parse(body)
  return {
    accessKeyId: AccessKeyId,
    secret: AccessKeySecret,
    securityToken: SecurityToken,
    expiresAt: Date.parse(Expiration),
  }
}
