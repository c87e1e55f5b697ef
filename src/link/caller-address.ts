import type { IncomingMessage } from 'node:http'
import { BlockList } from 'node:net'
import { canonicalAddress, familyOf } from '../model/host.ts'

/**
 * Who is at the other end of a request: the socket's peer, or where that is a trusted proxy, the right-most forwarded
 * address that is not one. `proxies`: addresses and CIDRs. The API's framework does the same for its requests (row 35).
 */
export function callerAddress(proxies: readonly string[]): (request: IncomingMessage) => string {
  const trusted = new BlockList()
  for (const proxy of proxies) {
    const [network = '', length] = proxy.split('/')
    if (length === undefined) trusted.addAddress(network, familyOf(network))
    else trusted.addSubnet(network, Number(length), familyOf(network))
  }
  return ({ socket, headers }) => {
    const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',')
    let caller = withoutZone(canonicalAddress(socket.remoteAddress ?? ''))
    if (caller === undefined) return ''
    for (const hop of forwarded.toReversed()) {
      const address = withoutZone(canonicalAddress(hop.trim()))
      if (address === undefined || !trusted.check(caller, familyOf(caller))) break
      caller = address
    }
    return caller
  }
}

const withoutZone = (address: string | undefined) => address?.split('%')[0]
