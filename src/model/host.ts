import { BlockList, isIP, SocketAddress } from 'node:net'

/** One machine as a request or a configuration names it, in its one spelling. */
export type Host =
  /** Lower case, without a trailing dot. */
  { readonly kind: 'name'; readonly name: string } | { readonly kind: 'address'; readonly address: string }

/** `numeric`: resolvers read it as an IPv4 address in one of its old spellings, so it would lead past a check of names. */
export type HostFault = 'port inside' | 'numeric' | 'not a host'

export const MAX_HOST_CHARS = 253
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/
const NUMERIC = /^(0x[0-9a-f]*|\d+)$/

export function parseHost(text: string): Host | HostFault {
  const address = canonicalAddress(text)
  if (address !== undefined) return { kind: 'address', address }
  if (text.includes(':') || text.startsWith('[')) return 'port inside'
  const name = canonicalName(text)
  const labels = name.split('.')
  if (name.length > MAX_HOST_CHARS || !labels.every((label) => LABEL.test(label))) return 'not a host'
  return NUMERIC.test(labels.at(-1) ?? '') ? 'numeric' : { kind: 'name', name }
}

/** Those that one caller can have as many of as he likes count as one: an IPv6 address stands for its /64. Takes canonical ones. */
export function addressGroup(address: string): string {
  if (!address.includes(':')) return address
  const [before = '', after] = address.split('::')
  const [head, tail] = [before, after ?? ''].map((part) => (part === '' ? [] : part.split(':')))
  const zeros = Array.from({ length: 8 - (head?.length ?? 0) - (tail?.length ?? 0) }, () => '0')
  return `${[...(head ?? []), ...zeros, ...(tail ?? [])].slice(0, 4).join(':')}::/64`
}

/** Names are compared without regard to case and to the dot at their end. */
export const canonicalName = (text: string) => text.toLowerCase().replace(/\.$/, '')

/**
 * The one spelling of an address: dotted IPv4, compressed lower-case IPv6, an IPv4-mapped one as IPv4, a zone kept.
 * Undefined for everything else, also for spellings that only a resolver takes for IPv4 (127.1, 0x7f.1, 2130706433).
 */
export function canonicalAddress(text: string): string | undefined {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
  const family = isIP(bare)
  if (family === 0) return undefined
  if (family === 4) return bare
  const [address = '', zone] = bare.split('%')
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(canonical)?.[1]
  if (mapped !== undefined) return mapped
  return zone === undefined ? canonical : `${canonical}%${zone}`
}

export const familyOf = (address: string) => (address.includes(':') ? 'ipv6' : 'ipv4')

/** `host:port`, an IPv6 address in brackets. */
export const hostAndPort = (host: string, port: number) =>
  familyOf(host) === 'ipv6' ? `[${host}]:${port}` : `${host}:${port}`

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Only what cannot be reached from another machine; an IPv6 address may be in brackets. */
export function isLoopbackHost(host: string): boolean {
  if (host === 'localhost') return true
  const address = canonicalAddress(host)
  return address !== undefined && loopback.check(address, familyOf(address))
}
