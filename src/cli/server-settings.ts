import { join } from 'node:path'
import type { ThrottleRates } from '../access/throttle.ts'
import type { LogLevel } from '../base/log-levels.ts'
import { isLoopbackHost } from '../model/host.ts'
import { type IsTrustedProxy, trustedProxies } from '../model/trusted-proxies.ts'
import { busSource } from './bus-source.ts'
import { usageError } from './exit-code.ts'
import { formatAddress, HOST_AND_PORT, type ListenAddress, listenAddressOf } from './listen-address.ts'
import { SERVER_DEFAULTS, type ServerConfiguration } from './server-configuration.ts'
import { type StoreSource, storeSource } from './store-source.ts'
import { readTlsFiles, TlsFileError, type TlsPair } from './tls-files.ts'

/** What one server process needs to know, from its command line and its configuration file. */
export interface ServerSettings {
  readonly data: string
  /** The database that servers share; undefined: the store in `data`. Has secrets. */
  readonly database: StoreSource | undefined
  /** `local`, `postgres` or a URL, which may hold a password. */
  readonly bus: string
  readonly listen: ListenAddress
  readonly metricsListen?: ListenAddress
  /** File of the key that secrets lie in the store under. */
  readonly keyFile: string
  readonly tls?: TlsPair
  /** Key and certificate are those that the server made in its folder; `tls` is undefined then. */
  readonly selfSigned: boolean
  readonly behindProxy: readonly string[]
  readonly isTrustedProxy: IsTrustedProxy
  /** What links in answers begin with. */
  readonly publicUrl: string
  readonly drainGraceMs: number
  readonly timestampWindowMs: number
  readonly taskRetentionMs: number
  readonly throttle: ThrottleRates
  readonly wrongSignaturesPerMinute: number
  readonly connectionsPerAddress: number
  /** Whether successful reads are in the audit trail. */
  readonly auditReads: boolean
  readonly auditRetentionMs: number
  /** Of the file. */
  readonly logLevel?: LogLevel
}

const SECOND = 1_000
const DAY = 24 * 3600 * SECOND

/** Refuses what would be unsafe, with what to do instead. Reads the files of the certificate and of the URLs. */
export function resolveServerSettings(data: string, configured: ServerConfiguration): ServerSettings {
  const listen = parseListen(configured.listen ?? SERVER_DEFAULTS.listen, '--listen')
  const tls = readTls(configured)
  const behindProxy = configured.behindProxy ?? SERVER_DEFAULTS.behindProxy
  const selfSigned = configured.selfSigned ?? SERVER_DEFAULTS.selfSigned
  if (selfSigned) refuseBesideSelfSigned(configured)
  const isSecure = tls !== undefined || selfSigned
  refuseExposed({ listen, isSecure, behindProxy })
  const metricsListen = configured.metricsListen && parseListen(configured.metricsListen, '--metrics-listen')
  const { drainGraceSeconds, timestampWindowMinutes, taskRetentionDays, auditRetentionDays, logLevel } = configured
  const publicUrl = configured.publicUrl ?? `${isSecure ? 'https' : 'http'}://${formatAddress(listen)}`
  return {
    data,
    database: storeSource(configured),
    bus: busSource(configured),
    listen,
    keyFile: configured.keyFile ?? join(data, 'secret.key'),
    selfSigned,
    behindProxy,
    isTrustedProxy: trustedProxies(behindProxy),
    publicUrl: publicUrl.replace(/\/$/, ''),
    drainGraceMs: (drainGraceSeconds ?? SERVER_DEFAULTS.drainGraceSeconds) * SECOND,
    timestampWindowMs: (timestampWindowMinutes ?? SERVER_DEFAULTS.timestampWindowMinutes) * 60 * SECOND,
    taskRetentionMs: (taskRetentionDays ?? SERVER_DEFAULTS.taskRetentionDays) * DAY,
    throttle: throttleRates(configured.throttle),
    wrongSignaturesPerMinute: configured.wrongSignaturesPerMinute ?? SERVER_DEFAULTS.wrongSignaturesPerMinute,
    connectionsPerAddress: configured.connectionsPerAddress ?? SERVER_DEFAULTS.connectionsPerAddress,
    auditReads: configured.auditReads ?? SERVER_DEFAULTS.auditReads,
    auditRetentionMs: (auditRetentionDays ?? SERVER_DEFAULTS.auditRetentionDays) * DAY,
    ...(metricsListen && { metricsListen }),
    ...(tls && { tls }),
    ...(logLevel !== undefined && { logLevel }),
  }
}

function throttleRates(configured: ServerConfiguration['throttle']): ThrottleRates {
  const rate = (limit: 'perKey' | 'perAccount') => {
    const { perSecond, burst } = SERVER_DEFAULTS.throttle[limit]
    const given = configured?.[limit]
    return given?.perSecond === 0
      ? undefined
      : { perSecond: given?.perSecond ?? perSecond, burst: given?.burst ?? burst }
  }
  return { perKey: rate('perKey'), perAccount: rate('perAccount') }
}

/** Throws where requests of other machines would travel in clear text. */
function refuseExposed(settings: {
  readonly listen: ListenAddress
  readonly isSecure: boolean
  readonly behindProxy: readonly string[]
}): void {
  const { listen, isSecure, behindProxy } = settings
  if (isLoopbackHost(listen.host) || isSecure || behindProxy.length > 0) return
  throw usageError(
    `${formatAddress(listen)} can be reached from other machines, and requests would travel in clear text.\n` +
      'Give --tls-cert FILE and --tls-key FILE, or --self-signed, or --behind-proxy CIDR where a proxy in front does TLS, or listen on 127.0.0.1.',
  )
}

function refuseBesideSelfSigned({ tlsCert, tlsKey, behindProxy = [], publicUrl }: ServerConfiguration): void {
  if (tlsCert !== undefined || tlsKey !== undefined) {
    throw usageError(
      '--self-signed makes a certificate, --tls-cert and --tls-key give one: leave out --self-signed to serve the given one, or the other two.',
    )
  }
  if (behindProxy.length > 0) {
    throw usageError(
      'With --behind-proxy gateways meet the certificate of the proxy, and a token of --self-signed would make them refuse it.\n' +
        'Leave out --self-signed; where the proxy shall reach the server over TLS, give --tls-cert FILE and --tls-key FILE.',
    )
  }
  if (publicUrl?.startsWith('http:') === true)
    throw usageError('With --self-signed the --public-url begins with https://.')
}

function parseListen(text: string, option: string): ListenAddress {
  const address = listenAddressOf(text)
  if (address === undefined) throw usageError(`${option} ${text} is not ${HOST_AND_PORT}.`)
  return address
}

function readTls({ tlsCert, tlsKey }: ServerConfiguration): TlsPair | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined
  if (tlsCert === undefined || tlsKey === undefined) {
    throw usageError('TLS needs both --tls-cert FILE and --tls-key FILE (tlsCert and tlsKey in the configuration).')
  }
  try {
    return readTlsFiles(tlsCert, tlsKey)
  } catch (error) {
    if (!(error instanceof TlsFileError)) throw error
    throw usageError(`--tls-${error.file === tlsCert ? 'cert' : 'key'} ${error.message}`)
  }
}
