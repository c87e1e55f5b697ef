import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { TlsOptions } from '../../src/engines/engine.ts'
import { DEFAULT_PORTS, type DatabaseType } from '../../src/model/database-type.ts'

/** A running server that the environment names, with an account that may list everything; nothing is made or changed on it. */
export interface GivenServer {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  /** The path of the URL: Oracle's service, or the database to log in to. */
  readonly database?: string
  /** Of the parameters `tls`, `ca` and `server-name`; off without them. */
  readonly tls: TlsOptions
}

/** Where the address of a server of that kind is looked for. A MariaDB or DRDS is given as what it speaks: MySQL. */
const VARIABLES = {
  MySQL: 'POSTERN_TEST_MYSQL',
  PostgreSQL: 'POSTERN_TEST_POSTGRESQL',
  Redis: 'POSTERN_TEST_REDIS',
  MongoDB: 'POSTERN_TEST_MONGODB',
  Oracle: 'POSTERN_TEST_ORACLE',
  MSSQL: 'POSTERN_TEST_SQLSERVER',
} as const satisfies Partial<Record<DatabaseType, string>>

export type GivenEngine = keyof typeof VARIABLES

/** Undefined where its variable is not set; throws for what is no `SCHEME://USER:PASSWORD@HOST[:PORT][/DATABASE][?tls=verify[&ca=FILE][&server-name=NAME]]`. */
export function givenServer(
  engine: GivenEngine,
  environment: NodeJS.ProcessEnv = process.env,
): GivenServer | undefined {
  const variable = VARIABLES[engine]
  const text = environment[variable]
  if (text === undefined || text === '') return undefined
  const url = URL.parse(text)
  // The text itself holds a password: it is not repeated.
  if (url === null || url.hostname === '' || url.username === '')
    throw new Error(
      `${variable} is not SCHEME://USER:PASSWORD@HOST[:PORT][/DATABASE][?tls=verify]; special characters as %XX`,
    )
  const database = decodeURIComponent(url.pathname.slice(1))
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORTS[engine] : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    ...(database === '' ? {} : { database }),
    tls: tlsOf(variable, url.searchParams),
  }
}

const TLS_PARAMETERS = ['tls', 'ca', 'server-name']

function tlsOf(variable: string, parameters: URLSearchParams): TlsOptions {
  const unknown = [...parameters.keys()].find((name) => !TLS_PARAMETERS.includes(name))
  if (unknown !== undefined)
    throw new Error(`${variable}: no parameter is called ${unknown}; there are tls, ca, server-name`)
  const mode = parameters.get('tls') ?? 'off'
  if (mode !== 'off' && mode !== 'verify') throw new Error(`${variable}: tls is off or verify, not ${mode}`)
  const ca = parameters.get('ca')
  const serverName = parameters.get('server-name')
  if (mode === 'verify')
    return {
      mode,
      ...(ca === null ? {} : { ca: readFileSync(ca, 'utf8') }),
      ...(serverName === null ? {} : { serverName }),
    }
  if (ca !== null || serverName !== null) throw new Error(`${variable}: ca and server-name need tls=verify`)
  return { mode }
}

/** What to set so that `engineSuite` runs against a server of that kind. */
export const variableOf = (engine: GivenEngine): string => VARIABLES[engine]

/** Engines dial addresses, never names. */
export async function addressOf({ host }: GivenServer): Promise<string> {
  return isIP(host) === 0 ? (await lookup(host)).address : host
}
