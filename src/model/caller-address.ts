import type { IncomingMessage } from 'node:http'
import { canonicalAddress } from './host.ts'
import type { IsTrustedProxy } from './trusted-proxies.ts'

/**
 * Who is at the other end of a request, of the API and of a gateway (row 35): the socket's peer, or where that is a trusted
 * proxy, the right-most forwarded address that is not one. Canonical and without a zone; empty where it is not known.
 */
export function callerAddress(isTrusted: IsTrustedProxy): (request: IncomingMessage) => string {
  return ({ socket, headers }) => {
    let caller = withoutZone(canonicalAddress(socket.remoteAddress ?? ''))
    const forwarded = headers['x-forwarded-for']
    if (caller === undefined || forwarded === undefined) return caller ?? ''
    for (const hop of [forwarded].flat().join(',').split(',').toReversed()) {
      const address = withoutZone(canonicalAddress(hop.trim()))
      if (address === undefined || !isTrusted(caller)) break
      caller = address
    }
    return caller
  }
}

const withoutZone = (address: string | undefined) =>
  address?.includes('%') === true ? address.slice(0, address.indexOf('%')) : address
