import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { z } from 'zod'
import { TASK_RETENTION_MS } from '../model/task.ts'
import { isLoopbackHost } from '../model/host.ts'
import { reason, usageError } from './exit-code.ts'
import { formatAddress, type ListenAddress, parseListenAddress } from './listen-address.ts'

/** What one server process needs to know, from its command line and its configuration file. */
export interface ServerSettings {
  readonly data: string
  readonly listen: ListenAddress
  readonly metricsListen?: ListenAddress
  /** File of the key that secrets lie in the store under. */
  readonly keyFile: string
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Key and certificate are those that the server made in its folder; `tls` is undefined then. */
  readonly selfSigned: boolean
  readonly trustedProxies: readonly string[]
  /** What links in answers begin with; undefined: the address that it listens on. */
  readonly publicUrl?: string
  readonly drainGraceMs: number
  readonly timestampWindowMs: number
  readonly taskRetentionMs: number
}

const SECOND = 1_000
const DAY = 24 * 3600 * SECOND

/** Keys of the configuration file; the options of the command line have the same names and win. */
export const serverConfiguration = z.strictObject({
  listen: z.string().optional(),
  metricsListen: z.string().optional(),
  keyFile: z.string().optional(),
  tlsCert: z.string().optional(),
  tlsKey: z.string().optional(),
  selfSigned: z.boolean().optional(),
  behindProxy: z.array(z.string()).optional(),
  publicUrl: z.url({ protocol: /^https?$/ }).optional(),
  drainGraceSeconds: z.number().min(0).max(300).optional(),
  timestampWindowMinutes: z.number().min(1).max(60).optional(),
  taskRetentionDays: z.number().min(1).max(365).optional(),
})
export type ServerConfiguration = z.infer<typeof serverConfiguration>

export const DEFAULT_LISTEN = '127.0.0.1:7070'

/** Refuses what would be unsafe, with what to do instead. */
export async function resolveServerSettings(data: string, configured: ServerConfiguration): Promise<ServerSettings> {
  const listen = parseListenAddress(configured.listen ?? DEFAULT_LISTEN, '--listen')
  const tls = await readTls(configured)
  const selfSigned = configured.selfSigned ?? false
  const trustedProxies = configured.behindProxy ?? []
  const wrong = trustedProxies.find((cidr) => !isCidr(cidr))
  if (wrong !== undefined) throw usageError(`--behind-proxy ${wrong} is not an address or a CIDR such as 10.0.0.0/8.`)
  if (selfSigned) refuseBesideSelfSigned(configured)
  if (!isLoopbackHost(listen.host) && tls === undefined && !selfSigned && trustedProxies.length === 0) {
    throw usageError(
      `${formatAddress(listen)} can be reached from other machines, and requests would travel in clear text.\n` +
        'Give --tls-cert FILE and --tls-key FILE, or --self-signed, or --behind-proxy CIDR where a proxy in front does TLS, or listen on 127.0.0.1.',
    )
  }
  const metricsListen = configured.metricsListen && parseListenAddress(configured.metricsListen, '--metrics-listen')
  return {
    data,
    listen,
    keyFile: configured.keyFile ?? join(data, 'secret.key'),
    selfSigned,
    trustedProxies,
    drainGraceMs: (configured.drainGraceSeconds ?? 5) * SECOND,
    timestampWindowMs: (configured.timestampWindowMinutes ?? 15) * 60 * SECOND,
    taskRetentionMs:
      configured.taskRetentionDays === undefined ? TASK_RETENTION_MS : configured.taskRetentionDays * DAY,
    ...(metricsListen && { metricsListen }),
    ...(tls && { tls }),
    ...(configured.publicUrl && { publicUrl: configured.publicUrl.replace(/\/$/, '') }),
  }
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

function isCidr(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}

async function readTls({ tlsCert, tlsKey }: ServerConfiguration) {
  if (tlsCert === undefined && tlsKey === undefined) return undefined
  if (tlsCert === undefined || tlsKey === undefined) {
    throw usageError('TLS needs both --tls-cert FILE and --tls-key FILE.')
  }
  return { cert: await read(tlsCert, '--tls-cert'), key: await read(tlsKey, '--tls-key') }
}

const read = (file: string, option: string) =>
  readFile(file, 'utf8').catch((error: unknown) => {
    throw usageError(`${option} ${file} cannot be read: ${reason(error)}`)
  })
