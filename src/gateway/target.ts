import { VERSION } from '../base/version.ts'
import { parseDatabaseType } from '../model/database-type.ts'
import { PosternError } from '../model/errors.ts'
import { canonicalAddress, canonicalName, hostAndPort } from '../model/host.ts'
import type { ConfiguredEndpoint, GatewayConfiguration } from './configuration.ts'
import { networkContains } from './ip-address.ts'

export interface TargetRequest {
  /** Of a newer server perhaps one that this version does not know. */
  readonly engine: string
  /** Missing: the only endpoint of that engine. */
  readonly host?: string | undefined
  readonly port?: number | undefined
}

/** One configured endpoint, and the host that is meant where it is a range. */
export interface Target {
  readonly endpoint: ConfiguredEndpoint
  /** A name or a canonical address. */
  readonly host: string
  readonly port: number
  /** The same for all requests that mean the same server: limits and the memory of failed logins count by it. */
  readonly key: string
}

/** Throws Endpoint.NotAllowed or Endpoint.Ambiguous; the message says what to edit or to send. */
export function findTarget(configuration: GatewayConfiguration, request: TargetRequest): Target {
  if (parseDatabaseType(request.engine) === undefined) {
    const reason = `This version of the gateway, ${VERSION}, does not know ${request.engine}. Install a newer one.`
    throw new PosternError('Endpoint.NotAllowed', { reason })
  }
  return request.host === undefined
    ? onlyEndpoint(configuration, request)
    : endpointAt(configuration, { ...request, host: request.host })
}

function onlyEndpoint(configuration: GatewayConfiguration, { engine, port }: TargetRequest): Target {
  const fitting = configuration.endpoints.filter(
    (endpoint) => endpoint.engine === engine && (port === undefined || endpoint.port === port),
  )
  const [only] = fitting
  const wanted = port === undefined ? engine : `${engine} on port ${port}`
  if (only === undefined) throw notAllowed(configuration, `No ${wanted} is configured there.`)
  if (fitting.length > 1) throw ambiguous(fitting, 'Send SourceEndpointIP.')
  if (only.host.kind === 'range') {
    throw ambiguous(fitting, 'It is a range of addresses: send SourceEndpointIP.')
  }
  return targetOf(only, only.host.kind === 'name' ? only.host.name : only.host.address)
}

function endpointAt(configuration: GatewayConfiguration, request: TargetRequest & { host: string }): Target {
  const address = canonicalAddress(request.host)
  const host = address ?? canonicalName(request.host)
  const ofEngine = configuration.endpoints.filter(({ engine }) => engine === request.engine)
  const [exact, ...others] = matches(ofEngine, host, request.port)
  if (exact === undefined) throw notAllowed(configuration, whyNot(configuration, request, host))
  if (others.length === 0) return targetOf(exact, host)
  throw ambiguous([exact, ...others], request.port === undefined ? 'Send SourceEndpointPort.' : 'Remove one of them.')
}

/** Exact hosts before ranges, longer prefixes before shorter ones; several only where nothing prefers one of them. */
function matches(endpoints: readonly ConfiguredEndpoint[], host: string, port: number | undefined) {
  const onPort = endpoints.filter((endpoint) => port === undefined || endpoint.port === port)
  const exact = onPort.filter((endpoint) => isExactly(endpoint, host))
  if (exact.length > 0) return exact
  if (canonicalAddress(host) === undefined) return []
  let best: { prefix: number; endpoints: ConfiguredEndpoint[] } = { prefix: -1, endpoints: [] }
  for (const endpoint of onPort) {
    if (endpoint.host.kind !== 'range' || !networkContains(endpoint.host, host)) continue
    const { prefix } = endpoint.host
    if (prefix > best.prefix) best = { prefix, endpoints: [endpoint] }
    else if (prefix === best.prefix) best.endpoints.push(endpoint)
  }
  return best.endpoints
}

/** `host`: a canonical name or address. A range is never exact, not even one of a single address. */
export function isExactly({ host: configured }: ConfiguredEndpoint, host: string): boolean {
  if (configured.kind === 'name') return configured.name === host
  return configured.kind === 'address' && configured.address === host
}

const targetOf = (endpoint: ConfiguredEndpoint, host: string): Target => ({
  endpoint,
  host,
  port: endpoint.port,
  key: `${endpoint.engine}@${hostAndPort(host, endpoint.port)}`,
})

function whyNot(configuration: GatewayConfiguration, request: TargetRequest, host: string): string {
  const asked = request.port === undefined ? host : hostAndPort(host, request.port)
  const [otherEngine] = matches(configuration.endpoints, host, request.port)
  if (otherEngine !== undefined && otherEngine.engine !== request.engine) {
    return `At ${asked}, configured there is ${otherEngine.engine}; call with DatabaseType=${otherEngine.engine}.`
  }
  const ofEngine = configuration.endpoints.filter(({ engine }) => engine === request.engine)
  const [otherPort] = matches(ofEngine, host, undefined)
  if (otherPort !== undefined) {
    return `${request.engine} at ${host} is configured with port ${otherPort.port}, not ${request.port}.`
  }
  return `${request.engine} at ${asked} is not listed.`
}

function notAllowed({ file }: GatewayConfiguration, reason: string): PosternError {
  return new PosternError('Endpoint.NotAllowed', { reason: `${reason} The file to edit on the gateway is ${file}.` })
}

const MAX_NAMED = 20

function ambiguous(candidates: readonly ConfiguredEndpoint[], mend: string): PosternError {
  const names = candidates.slice(0, MAX_NAMED).map(({ name }) => name)
  const more = candidates.length > names.length ? ` and ${candidates.length - names.length} more` : ''
  return new PosternError('Endpoint.Ambiguous', { reason: `${names.join(', ')}${more}. ${mend}` })
}
