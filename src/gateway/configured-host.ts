import { type Host, type HostFault, parseHost } from '../model/host.ts'
import { type IpNetwork, parseNetwork } from './ip-address.ts'

export type ConfiguredHost = Host | ({ readonly kind: 'range' } & IpNetwork)

const FAULTS: Readonly<Record<HostFault, string>> = {
  'port inside': 'is not a host; write the port as `port`',
  numeric: 'looks like an address; write it as four numbers from 0 to 255',
  'not a host': 'is not a host name',
}

/** The browser service would name a port, and what a server names is not dialled. */
const NAMED_INSTANCE =
  'names an instance of SQL Server: write the host alone and the TCP port of the instance as `port`. On the instance, `SELECT local_tcp_port FROM sys.dm_exec_connections WHERE session_id = @@SPID` over TCP tells it, or SQL Server Configuration Manager under TCP/IP'

/** The reason as text where it is neither a name, an address nor a range. */
export function parseConfiguredHost(text: string): ConfiguredHost | string {
  if (text.includes('/')) {
    const range = parseNetwork(text)
    return typeof range === 'string' ? range : { kind: 'range', ...range }
  }
  if (text.includes('\\')) return NAMED_INSTANCE
  const host = parseHost(text)
  return typeof host === 'string' ? FAULTS[host] : host
}

export function hostText(host: ConfiguredHost): string {
  if (host.kind === 'name') return host.name
  return host.kind === 'address' ? host.address : `${host.network}/${host.prefix}`
}
