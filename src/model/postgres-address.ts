import { isIPv6 } from 'node:net'
import { ConfigurationError } from '../base/configuration-error.ts'
import type { PostgresLogin } from '../base/postgres-login.ts'
import { decodedPart, refuseUnknownParameters } from '../base/url-parts.ts'
import { hostAndPort, isLoopbackHost, MAX_HOST_CHARS } from './host.ts'

const DEFAULT_PORT = 5432
const MAX_PORT = 65_535
const MAX_HOSTS = 8
const FORM = 'postgres://USER:PASSWORD@HOST:5432,HOST:5432/DATABASE'
const URL_PARTS = /^(postgres(?:ql)?:\/\/)(?:([^/?#]*)@)?([^/?#@]*)(?:\/([^/?#]*))?(?:\?([^#]*))?$/i

export interface PostgresHost {
  /** A name or an address, without brackets. */
  readonly host: string
  readonly port: number
}

/** A PostgreSQL database that servers share: its hosts, one of which takes writes, and how to log in. */
export interface PostgresAddress extends PostgresLogin {
  /** 1 to 8, in the order of the URL. */
  readonly hosts: readonly PostgresHost[]
}

/**
 * Reads `postgres://USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE`. Where a host is off loopback the connection is encrypted
 * and the certificate verified unless `sslmode=disable`; `sslrootcert=FILE` names another authority. `source` is the
 * option that the URL came from. Throws ConfigurationError, which says the source and never has the URL.
 */
export function readPostgresAddress(text: string, source: string): PostgresAddress {
  const refused = (reason: string) => new ConfigurationError(source, reason)
  const [, scheme, login = '', authority = '', path = '', query = ''] = URL_PARTS.exec(text) ?? []
  if (scheme === undefined) {
    throw refused(
      `it is not of the form ${FORM}; in user and password /, ?, # and % are written as %2F, %3F, %23 and %25`,
    )
  }
  const [user, password] = loginOf(login)
  if (authority === '' || user === '' || path === '') throw refused('host, user and database must all be there')
  const hosts = authority.split(',').map((each, index) => {
    const host = readHost(each)
    // Not the text: of a URL that is not encoded as it should be it may be a part of the password.
    if (host === undefined) throw refused(`host ${index + 1} is not HOST, HOST:PORT or [IPV6]:PORT`)
    return host
  })
  if (hosts.length > MAX_HOSTS) throw refused(`it has more than ${MAX_HOSTS} hosts`)
  const parameters = new URLSearchParams(query)
  refuseUnknownParameters(parameters, ['sslmode', 'sslrootcert', 'target_session_attrs'], source)
  // What others need to find the one that takes writes is what happens here anyway.
  if ((parameters.get('target_session_attrs') ?? 'read-write') !== 'read-write')
    throw refused('`target_session_attrs` can only be read-write')
  return {
    source,
    hosts,
    user: decodedPart(user, 'user', source),
    password: decodedPart(password, 'password', source),
    database: decodedPart(path, 'database', source),
    tls: readTls(parameters, { isNear: hosts.every(({ host }) => isLoopbackHost(host)), refused }),
  }
}

/** All hosts, for messages. */
export const hostsOf = ({ hosts }: Pick<PostgresAddress, 'hosts'>): string =>
  hosts.map(({ host, port }) => hostAndPort(host, port)).join(', ')

/** `url` with the user and the password of `other` where it has none; a password is only taken for the same user. */
export function withLoginOf(url: string, other: string): string {
  const [, scheme, login = ''] = URL_PARTS.exec(url) ?? []
  if (scheme === undefined) return url
  const [user, password] = loginOf(login)
  const [otherUser, otherPassword] = loginOf(URL_PARTS.exec(other)?.[2] ?? '')
  if (password !== '' || otherUser === '' || (user !== '' && user !== otherUser)) return url
  const rest = url.slice(scheme.length + (url.startsWith(`${login}@`, scheme.length) ? login.length + 1 : 0))
  return `${scheme}${otherUser}${otherPassword === '' ? '' : `:${otherPassword}`}@${rest}`
}

/** User and password as they are written. */
function loginOf(text: string): readonly [user: string, password: string] {
  const colon = text.indexOf(':')
  return colon === -1 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)]
}

function readHost(text: string): PostgresHost | undefined {
  const [, bracketed, name, digits] = /^(?:\[([^[\]]*)\]|([\p{L}\p{N}._-]+))(?::(\d{1,5}))?$/u.exec(text) ?? []
  const host = bracketed ?? name
  if (host === undefined || host.length > MAX_HOST_CHARS) return undefined
  if (bracketed !== undefined && !isIPv6(bracketed)) return undefined
  const port = digits === undefined ? DEFAULT_PORT : Number(digits)
  return port < 1 || port > MAX_PORT ? undefined : { host, port }
}

function readTls(
  parameters: URLSearchParams,
  { isNear, refused }: { readonly isNear: boolean; readonly refused: (reason: string) => ConfigurationError },
): PostgresAddress['tls'] {
  const caFile = parameters.get('sslrootcert')
  const mode = parameters.get('sslmode') ?? (isNear && caFile === null ? 'disable' : 'verify-full')
  if (mode !== 'verify-full' && mode !== 'disable') throw refused('`sslmode` must be verify-full or disable')
  if (mode === 'verify-full') return caFile === null ? {} : { caFile }
  if (caFile !== null) throw refused('`sslrootcert` needs `sslmode=verify-full`')
  return undefined
}
