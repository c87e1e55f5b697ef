import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { PosternError } from '../../model/errors.ts'

const DEFAULT_PORT = 5432
const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1'])
const PARAMETERS = new Set(['sslmode', 'sslrootcert'])

/** Where the database is and how to log in to it. */
export interface DatabaseTarget {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  /** PEM of the authorities that are trusted beside or instead of the system's; undefined: no TLS. */
  readonly tls: { readonly ca?: string } | undefined
}

/**
 * Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE`. Off loopback the connection is encrypted and the server's
 * certificate verified unless `?sslmode=disable`; `?sslrootcert=FILE` names another authority. No message has the URL.
 */
export function readTarget(text: string): DatabaseTarget {
  const url = URL.parse(text)
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    throw refused('it is not of the form postgres://USER:PASSWORD@HOST:PORT/DATABASE')
  }
  const host = decoded(url.hostname.replace(/^\[(.*)\]$/, '$1'), 'host')
  const user = decoded(url.username, 'user')
  const database = decoded(url.pathname.slice(1), 'database')
  if (host === '' || user === '' || database === '') throw refused('host, user and database must all be there')
  for (const name of url.searchParams.keys()) {
    if (!PARAMETERS.has(name))
      throw refused(`"${name}" is not a parameter that is known; known are sslmode and sslrootcert`)
  }
  return {
    host,
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    user,
    password: decoded(url.password, 'password'),
    database,
    tls: tlsOf(url.searchParams, host),
  }
}

/** What a certificate must name; an address is not sent as the name of a server. */
export const tlsOptions = ({ host, tls }: DatabaseTarget) =>
  tls !== undefined && {
    host,
    ...(isIP(host) === 0 && { servername: host }),
    ...(tls.ca !== undefined && { ca: tls.ca }),
    rejectUnauthorized: true,
  }

function tlsOf(parameters: URLSearchParams, host: string): DatabaseTarget['tls'] {
  const file = parameters.get('sslrootcert')
  const mode = parameters.get('sslmode') ?? (LOOPBACK.has(host) && file === null ? 'disable' : 'verify-full')
  if (mode === 'disable') {
    if (file !== null) throw refused('sslrootcert needs sslmode=verify-full')
    return undefined
  }
  if (mode !== 'verify-full') throw refused('sslmode must be verify-full or disable')
  if (file === null) return {}
  try {
    return { ca: readFileSync(file, 'utf8') }
  } catch (cause) {
    throw refused(`sslrootcert names a file that cannot be read (${file})`, cause)
  }
}

function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refused(`its ${what} is not percent-encoded as a URL is`)
  }
}

const refused = (why: string, cause?: unknown) =>
  new PosternError('InvalidParameter', { message: `The URL of the store cannot be used: ${why}.`, cause })
