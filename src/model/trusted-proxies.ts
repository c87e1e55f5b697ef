import { BlockList, isIP } from 'node:net'
import { canonicalAddress, familyOf } from './host.ts'

/** Whether a proxy that we trust is at this address; false for what is no address. */
export type IsTrustedProxy = (address: string) => boolean

/** `proxies`: addresses and CIDRs that `isCidr` takes. */
export function trustedProxies(proxies: readonly string[]): IsTrustedProxy {
  const trusted = new BlockList()
  for (const proxy of proxies) {
    const [network = '', length] = proxy.split('/')
    if (length === undefined) trusted.addAddress(network, familyOf(network))
    else trusted.addSubnet(network, Number(length), familyOf(network))
  }
  return (text) => {
    const address = canonicalAddress(text)?.split('%')[0]
    return address !== undefined && trusted.check(address, familyOf(address))
  }
}

export function isCidr(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}
