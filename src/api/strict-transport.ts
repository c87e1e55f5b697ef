import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import type { IsTrustedProxy } from '../model/trusted-proxies.ts'

/** For a year a browser goes to this host over TLS only. On answers over HTTPS; without TLS it must not be there. */
export const STRICT_TRANSPORT = { 'strict-transport-security': 'max-age=31536000' } as const

/** Over TLS as far as we know: our own, or that of a trusted proxy, which says so. */
export function isHttps({ socket, headers }: IncomingMessage, isTrusted: IsTrustedProxy): boolean {
  if (socket instanceof TLSSocket) return true
  const forwarded = headers['x-forwarded-proto']
  if (forwarded === undefined) return false
  // The last one is what our own proxy said; those before it may be the caller's words.
  const said = [forwarded].flat().join(',').split(',').at(-1)?.trim().toLowerCase()
  return said === 'https' && isTrusted(socket.remoteAddress ?? '')
}
