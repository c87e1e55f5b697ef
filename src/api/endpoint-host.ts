import { isIPv4, isIPv6 } from 'node:net'

const MAX_HOST_CHARS = 253
const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/
/** Resolvers read such a name as an IPv4 address in one of its old spellings. */
const NUMERIC = /^(?:\d+|0x[0-9a-f]*)$/

export type HostCheck = { readonly host: string } | { readonly reason: string }

/**
 * One spelling for each address: a lower-case name without its final dot, an IPv4 address, or an IPv6 address as
 * RFC 5952 writes it (one that holds an IPv4 address becomes that). Everything else has a reason for people.
 */
export function normaliseHost(text: string): HostCheck {
  const host = text.trim().toLowerCase()
  if (host.includes('/')) return { reason: 'It must be a host name or an IP address, not a URL.' }
  const bracketed = /^\[(.*)\]$/.exec(host)?.[1]
  const address = bracketed ?? host
  if (isIPv6(address)) return normaliseIPv6(address)
  if (bracketed !== undefined || host.includes(':')) {
    return { reason: 'It must be a host name or an IP address; a port belongs into SourceEndpointPort.' }
  }
  if (isIPv4(host)) return { host }
  return normaliseName(host)
}

function normaliseIPv6(address: string): HostCheck {
  if (address.includes('%')) return { reason: 'An IPv6 address must not have a zone.' }
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical)
  if (mapped === null) return { host: canonical }
  const bytes = [mapped[1], mapped[2]].flatMap((group) => {
    const value = Number.parseInt(group ?? '', 16)
    return [value >> 8, value & 0xff]
  })
  return { host: bytes.join('.') }
}

function normaliseName(text: string): HostCheck {
  const name = text.endsWith('.') ? text.slice(0, -1) : text
  const labels = name.split('.')
  if (name.length > MAX_HOST_CHARS || !labels.every((label) => LABEL.test(label))) {
    return { reason: `It must be a host name of at most ${MAX_HOST_CHARS} characters or an IP address.` }
  }
  if (NUMERIC.test(labels.at(-1) ?? ''))
    return { reason: 'An IPv4 address must have four decimal numbers without leading zeros.' }
  return { host: name }
}
