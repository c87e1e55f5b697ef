import { systemClock } from '../base/clock.ts'
import { createLog } from '../base/log.ts'
import { nearestName } from '../base/nearest-name.ts'
import { ENGINES } from '../engines/list.ts'
import { systemResolver } from '../gateway/address-guard.ts'
import { type GatewayConfiguration, loadConfiguration } from '../gateway/configuration.ts'
import { hostText } from '../gateway/configured-host.ts'
import { checkEndpoints, type EndpointCheck, type EndpointReport } from '../gateway/doctor.ts'
import { type Identity, keyFingerprints, loadIdentity } from '../gateway/identity.ts'
import { findTarget } from '../gateway/target.ts'
import { PosternError } from '../model/errors.ts'
import { canonicalAddress, canonicalName, hostAndPort } from '../model/host.ts'
import { CommandError, EXIT, usageError } from './exit-code.ts'
import { jsonText } from './json-text.ts'
import { ladderText } from './ladder-text.ts'
import { trustSystemAuthorities } from './system-authorities.ts'
import { printable } from './table.ts'
import { type Terminal, withProgress } from './terminal.ts'

export interface CheckOptions {
  readonly config: string
  readonly endpoint?: string
  readonly host?: string
  readonly data?: string
  readonly output: string
}

/** Throws CommandError where an endpoint is not as it should be. */
export async function checkGateway(options: CheckOptions, terminal: Terminal): Promise<void> {
  const configuration = loadConfiguration(options.config)
  const checks = chosen(configuration, options)
  const identity = options.data === undefined ? undefined : await loadIdentity(options.data)
  trustSystemAuthorities()
  const reports = await withProgress(terminal, `checking ${checks.length} endpoints`, () =>
    checkEndpoints(checks, {
      configuration,
      engines: ENGINES,
      resolver: systemResolver,
      clock: systemClock(),
      log: createLog({ name: 'gateway', level: 'warn', pretty: terminal.interactive }),
    }),
  )
  const { file, warnings } = configuration
  if (options.output === 'json') {
    const gateway = identity && { id: identity.id, name: identity.name, keys: keyFingerprints(identity) }
    terminal.out(jsonText({ configuration: file, ...(gateway && { gateway }), warnings, endpoints: reports }))
  } else {
    if (identity !== undefined) terminal.out(`${keysText(identity)}\n\n`)
    for (const report of reports) terminal.out(`${asText(report)}\n\n`)
    for (const warning of warnings) terminal.err(`warning: ${printable(warning)}\n`)
    terminal.out(`${summary(reports)}\n`)
  }
  const wanting = reports.filter(({ result }) => result !== 'complete' && result !== 'skipped')
  if (wanting.length === 0) return
  const which = wanting.map(({ name, result }) => `${name} (${result})`).join(', ')
  throw new CommandError(EXIT.failed, `Not as it should be: ${printable(which)}`)
}

function keysText(identity: Identity): string {
  const { current, previous } = keyFingerprints(identity)
  const lines = [`key: sha256:${current}`, ...previous.map((key) => `earlier key: sha256:${key}`)]
  return [printable(`gateway ${identity.id} (${identity.name})`), ...lines].join('\n')
}

/** All endpoints, or the one that was asked for, with its address where it is a range. */
function chosen(
  configuration: GatewayConfiguration,
  { endpoint: wanted, host }: CheckOptions,
): readonly EndpointCheck[] {
  const { endpoints } = configuration
  if (wanted === undefined) {
    if (host !== undefined) throw usageError('--host says where one endpoint is: give --endpoint NAME too.')
    return endpoints.map((endpoint) => ({ endpoint }))
  }
  const names = endpoints.map(({ name }) => name)
  const endpoint = endpoints.find(({ name }) => name === wanted)
  if (endpoint === undefined) {
    const near = nearestName(wanted, names)
    const hint = near === undefined ? `It has ${names.slice(0, 20).join(', ')}.` : `Did you mean ${near}?`
    throw usageError(printable(`${configuration.file} has no endpoint ${wanted}. ${hint}`))
  }
  if (endpoint.host.kind !== 'range') {
    const own = hostText(endpoint.host)
    if (host !== undefined && (canonicalAddress(host) ?? canonicalName(host)) !== own)
      throw usageError(printable(`${wanted} is at ${own}; --host is for ranges of addresses.`))
    return [{ endpoint }]
  }
  if (host === undefined)
    throw usageError(printable(`${wanted} is the range ${hostText(endpoint.host)}: give --host ADDRESS.`))
  const address = canonicalAddress(host)
  if (address === undefined) throw usageError('--host is one address, such as 10.0.0.5.')
  const dialled = endpointFor(configuration, { engine: endpoint.engine, host: address, port: endpoint.port })
  if (dialled !== undefined && dialled !== endpoint)
    throw usageError(printable(`The gateway dials ${address} as the endpoint ${dialled.name}: check that one.`))
  return [{ endpoint, address }]
}

/** Undefined where there is none: then the check itself says why. */
function endpointFor(configuration: GatewayConfiguration, request: Parameters<typeof findTarget>[1]) {
  try {
    return findTarget(configuration, request).endpoint
  } catch (error) {
    if (error instanceof PosternError) return undefined
    throw error
  }
}

function asText(report: EndpointReport): string {
  const { name, engine, host, port, steps, problems } = report
  const heading = printable(`${name} (${engine} at ${hostAndPort(host, port)}): ${resultOf(report)}`)
  const notes = report.note === undefined ? [] : [`note: ${report.note}`]
  if (steps.length === 0) return [heading, ...notes].join('\n')
  return [heading, ladderText(steps, problems), ...notes].join('\n')
}

function resultOf({ result, reason, problems, databases, server }: EndpointReport): string {
  if (result === 'skipped') return `skipped. ${reason}`
  if (result === 'failed') return `failed at ${problems[0]?.step}`
  return `${result}, ${databases} databases (the engine's own counted), ${server?.product} ${server?.version}`
}

function summary(reports: readonly EndpointReport[]): string {
  const results = ['complete', 'partial', 'unknown', 'failed', 'skipped'] as const
  const counts = results.flatMap((result) => {
    const count = reports.filter((report) => report.result === result).length
    return count === 0 ? [] : [`${count} ${result}`]
  })
  const what = reports.length === 1 ? '1 endpoint' : `${reports.length} endpoints`
  return counts.length === 0 ? what : `${what}: ${counts.join(', ')}`
}
