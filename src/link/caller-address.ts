import type { IncomingMessage } from 'node:http'
import { canonicalAddress } from '../model/host.ts'
import type { IsTrustedProxy } from '../model/trusted-proxies.ts'

/**
 * Who is at the other end of a request: the socket's peer, or where that is a trusted proxy, the right-most forwarded
 * address that is not one. The API's framework does the same for its requests (row 35).
 */
export function callerAddress(isTrusted: IsTrustedProxy): (request: IncomingMessage) => string {
  return ({ socket, headers }) => {
    const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',')
    let caller = withoutZone(canonicalAddress(socket.remoteAddress ?? ''))
    if (caller === undefined) return ''
    for (const hop of forwarded.toReversed()) {
      const address = withoutZone(canonicalAddress(hop.trim()))
      if (address === undefined || !isTrusted(caller)) break
      caller = address
    }
    return caller
  }
}

const withoutZone = (address: string | undefined) => address?.split('%')[0]
