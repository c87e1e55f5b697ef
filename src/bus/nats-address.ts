import { readNamedFile } from '../base/named-file.ts'
import { decodedPart, refuseUnknownParameters } from '../base/url-parts.ts'
import { isLoopbackHost } from '../model/host.ts'
import { BUS_OPTION, refusedBus } from './bus-address.ts'

const DEFAULT_PORT = 4222
const MAX_SERVERS = 32
const MAX_REGION_CHARACTERS = 64
const PARAMETERS = ['ca', 'credentials', 'region', 'tls']
const FORM = 'nats://HOST:4222, or nats://HOST:4222,HOST:4222?ca=FILE&credentials=FILE&region=NAME'

export type NatsLogin =
  | { readonly kind: 'none' }
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  /** What `nsc` writes: a JWT and the seed of its key. */
  | { readonly kind: 'creds'; readonly text: string }
  /** The seed of a user's key. */
  | { readonly kind: 'nkey'; readonly seed: string }

/** Where the NATS servers are and how to log in to them. */
export interface NatsAddress {
  readonly servers: readonly { readonly host: string; readonly port: number }[]
  readonly login: NatsLogin
  /** PEM of the authorities that are trusted instead of the system's. Undefined as a whole: no TLS. */
  readonly tls: { readonly ca?: string } | undefined
  /** Of this node: what it publishes goes to the subjects of its region. */
  readonly region: string
}

/**
 * Reads `nats://USER:PASSWORD@HOST:PORT,HOST:PORT?…`. Off loopback, with `tls://` and with `ca` the connection is encrypted
 * and the server's certificate verified, unless `tls=disable`. `credentials` names a file as `nsc` writes it, or one with the
 * seed of a user's key. Throws ConfigurationError, which never has the URL.
 */
export function readNatsAddress(text: string): NatsAddress {
  const [, scheme, authority = '', query = ''] = /^(nats|tls):\/\/([^/?#]*)\/?(?:\?([^#]*))?$/.exec(text) ?? []
  if (scheme === undefined) throw refusedBus(`it is not of the form ${FORM}`)
  const parameters = new URLSearchParams(query)
  refuseUnknownParameters(parameters, PARAMETERS, BUS_OPTION)
  const at = authority.lastIndexOf('@')
  const servers = authority
    .slice(at + 1)
    .split(',')
    .map(readServer)
  if (servers.length > MAX_SERVERS) throw refusedBus(`it has more than ${MAX_SERVERS} servers`)
  const region = parameters.get('region') ?? 'default'
  if (region === '' || region.length > MAX_REGION_CHARACTERS)
    throw refusedBus(`\`region\` must have 1 to ${MAX_REGION_CHARACTERS} characters`)
  return {
    servers,
    login: readLogin(authority.slice(0, Math.max(0, at)), parameters.get('credentials')),
    tls: readTls(parameters, scheme === 'tls' || servers.some(({ host }) => !isLoopbackHost(host))),
    region,
  }
}

function readServer(text: string) {
  const url = URL.parse(`nats://${text}`)
  const host = url?.hostname.replace(/^\[(.*)\]$/, '$1') ?? ''
  if (url === null || host === '' || url.pathname !== '') throw refusedBus(`it is not of the form ${FORM}`)
  return { host, port: url.port === '' ? DEFAULT_PORT : Number(url.port) }
}

function readLogin(userInfo: string, file: string | null): NatsLogin {
  const colon = userInfo.indexOf(':')
  const user = decodedPart(colon === -1 ? userInfo : userInfo.slice(0, colon), 'user', BUS_OPTION)
  const password = colon === -1 ? '' : decodedPart(userInfo.slice(colon + 1), 'password', BUS_OPTION)
  if (file === null) {
    if (user === '') return { kind: 'none' }
    if (password === '') throw refusedBus('it has a user and no password')
    return { kind: 'password', user, password }
  }
  if (userInfo !== '') throw refusedBus('it has a user and `credentials`: give one of them')
  const text = readNamedFile(file, { source: BUS_OPTION, setting: 'credentials', secret: true }).trim()
  if (text.includes('BEGIN NATS USER JWT')) return { kind: 'creds', text }
  if (/^SU[A-Z2-7]{56}$/.test(text)) return { kind: 'nkey', seed: text }
  throw refusedBus(
    `\`credentials\` names a file that is neither a .creds file of nsc nor the seed of a user's key (SU…): ${file}`,
  )
}

function readTls(parameters: URLSearchParams, byDefault: boolean): NatsAddress['tls'] {
  const file = parameters.get('ca')
  const mode = parameters.get('tls') ?? (byDefault || file !== null ? 'verify' : 'disable')
  if (mode !== 'verify' && mode !== 'disable') throw refusedBus('`tls` must be verify or disable')
  if (mode === 'verify')
    return file === null ? {} : { ca: readNamedFile(file, { source: BUS_OPTION, setting: 'ca', secret: false }) }
  if (file !== null) throw refusedBus('`ca` needs `tls=verify`')
  return undefined
}
