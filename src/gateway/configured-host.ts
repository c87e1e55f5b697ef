import { canonicalAddress, familyOf, type IpNetwork, parseNetwork } from './ip-address.ts'

export type ConfiguredHost =
  /** Lower case, without a trailing dot. */
  | { readonly kind: 'name'; readonly name: string }
  /** Canonical spelling. */
  | { readonly kind: 'address'; readonly address: string }
  | ({ readonly kind: 'range' } & IpNetwork)

const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/
/** A resolver reads such a name as an IPv4 address, whatever it looks like. */
const NUMERIC = /^(0x[0-9a-f]*|\d+)$/

/** The reason as text where it is neither a name, an address nor a range. */
export function parseHost(text: string): ConfiguredHost | string {
  if (text.includes('/')) {
    const range = parseNetwork(text)
    return typeof range === 'string' ? range : { kind: 'range', ...range }
  }
  const address = canonicalAddress(text)
  if (address !== undefined) return { kind: 'address', address }
  if (text.includes(':')) return 'is not a host; write the port as `port`'
  const name = canonicalName(text)
  const labels = name.split('.')
  if (NUMERIC.test(labels.at(-1) ?? '')) return 'looks like an address; write it as four numbers from 0 to 255'
  if (name.length > 253 || !labels.every((label) => LABEL.test(label))) return 'is not a host name'
  return { kind: 'name', name }
}

/** Names are compared without regard to case and to the dot at their end. */
export const canonicalName = (text: string) => text.toLowerCase().replace(/\.$/, '')

export function hostText(host: ConfiguredHost): string {
  if (host.kind === 'name') return host.name
  return host.kind === 'address' ? host.address : `${host.network}/${host.prefix}`
}

/** `host:port`, an IPv6 address in brackets. */
export const hostAndPort = (host: string, port: number) =>
  familyOf(host) === 'ipv6' ? `[${host}]:${port}` : `${host}:${port}`
