import { type Host, type HostFault, parseHost } from '../model/host.ts'
import { type IpNetwork, parseNetwork } from './ip-address.ts'

export type ConfiguredHost = Host | ({ readonly kind: 'range' } & IpNetwork)

const FAULTS: Readonly<Record<HostFault, string>> = {
  'port inside': 'is not a host; write the port as `port`',
  numeric: 'looks like an address; write it as four numbers from 0 to 255',
  'not a host': 'is not a host name',
}

/** The reason as text where it is neither a name, an address nor a range. */
export function parseConfiguredHost(text: string): ConfiguredHost | string {
  if (text.includes('/')) {
    const range = parseNetwork(text)
    return typeof range === 'string' ? range : { kind: 'range', ...range }
  }
  const host = parseHost(text)
  return typeof host === 'string' ? FAULTS[host] : host
}

export function hostText(host: ConfiguredHost): string {
  if (host.kind === 'name') return host.name
  return host.kind === 'address' ? host.address : `${host.network}/${host.prefix}`
}
