import { type HostFault, MAX_HOST_CHARS, parseHost } from '../model/host.ts'

export type HostCheck = { readonly host: string } | { readonly reason: string }

const FAULTS: Readonly<Record<HostFault, string>> = {
  'port inside': 'It must be a host name or an IP address; a port belongs into SourceEndpointPort.',
  numeric: 'An IPv4 address must have four decimal numbers without leading zeros.',
  'not a host': `It must be a host name of at most ${MAX_HOST_CHARS} characters or an IP address.`,
}

/** One spelling for each machine, the same that gateways compare with; everything else has a reason for people. */
export function normaliseHost(text: string): HostCheck {
  const trimmed = text.trim()
  if (trimmed.includes('/')) return { reason: 'It must be a host name or an IP address, not a URL.' }
  // A zone means something on one machine only, and the caller is on another than the gateway.
  if (trimmed.includes('%')) return { reason: 'An IPv6 address must not have a zone.' }
  const host = parseHost(trimmed)
  if (typeof host === 'string') return { reason: FAULTS[host] }
  return { host: host.kind === 'name' ? host.name : host.address }
}
