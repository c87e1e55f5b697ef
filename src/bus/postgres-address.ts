import { isLoopbackHost } from '../model/host.ts'
import { decodedPart, knownParameters, readNamedFile, refusedBus } from './bus-address.ts'

const DEFAULT_PORT = 5432

/** The database whose NOTIFY wakes the nodes. */
export interface PostgresAddress {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  /** PEM of the authorities that are trusted instead of the system's. Undefined as a whole: no TLS. */
  readonly tls: { readonly ca?: string } | undefined
}

/**
 * Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE`. Off loopback the connection is encrypted and the server's certificate
 * verified unless `sslmode=disable`; `sslrootcert=FILE` names another authority. Throws ConfigurationError, which never has
 * the URL.
 */
export function readPostgresAddress(text: string): PostgresAddress {
  const url = URL.parse(text)
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol))
    throw refusedBus('it is not of the form postgres://USER@HOST:5432/DATABASE')
  knownParameters(url.searchParams, ['sslmode', 'sslrootcert'])
  const host = decodedPart(url.hostname.replace(/^\[(.*)\]$/, '$1'), 'host')
  const user = decodedPart(url.username, 'user')
  const database = decodedPart(url.pathname.slice(1), 'database')
  if (host === '' || user === '' || database === '') throw refusedBus('host, user and database must all be there')
  return {
    host,
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    user,
    password: decodedPart(url.password, 'password'),
    database,
    tls: readTls(url.searchParams, host),
  }
}

function readTls(parameters: URLSearchParams, host: string): PostgresAddress['tls'] {
  const file = parameters.get('sslrootcert')
  const mode = parameters.get('sslmode') ?? (isLoopbackHost(host) && file === null ? 'disable' : 'verify-full')
  if (mode !== 'verify-full' && mode !== 'disable') throw refusedBus('`sslmode` must be verify-full or disable')
  if (mode === 'disable' && file !== null) throw refusedBus('`sslrootcert` needs `sslmode=verify-full`')
  if (mode === 'disable') return undefined
  return file === null ? {} : { ca: readNamedFile(file, { parameter: 'sslrootcert', secret: false }) }
}
