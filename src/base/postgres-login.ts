import { isIP } from 'node:net'
import { readNamedFile } from './named-file.ts'

/** Whom a session is opened as, and whether it is encrypted. */
export interface PostgresLogin {
  readonly user: string
  readonly password: string
  readonly database: string
  /** The certificate is verified, by the authority of this file or by those that this machine trusts; undefined: no TLS. */
  readonly tls: { readonly caFile?: string } | undefined
  /** The option that its URL came from, for messages. */
  readonly source: string
}

/** What the driver needs for one session with one host. The file of the authority is read each time, so a new one counts. */
export function postgresLogin(
  { user, password, database, tls, source }: PostgresLogin,
  { host, port }: { readonly host: string; readonly port: number },
) {
  const caFile = tls?.caFile
  const ca = caFile === undefined ? undefined : readNamedFile(caFile, { source, setting: 'sslrootcert', secret: false })
  return {
    host,
    port,
    user,
    password,
    database,
    ssl: tls !== undefined && {
      // What the certificate must name; an address is not sent as the name of a server.
      host,
      ...(isIP(host) === 0 && { servername: host }),
      ...(ca !== undefined && { ca }),
      rejectUnauthorized: true,
    },
    max: 1,
    // Deadlines and the end of a session are watched over by its owner; a session is never opened again by itself.
    connect_timeout: 0,
    idle_timeout: 0,
    max_lifetime: 0,
    keep_alive: 0,
    // A pooler that hands a connection on after each transaction knows nothing of prepared statements.
    prepare: false,
    fetch_types: false,
    no_subscribe: true,
  } as const
}

/** Column `read_only`: true at a standby and wherever writes are refused; also in a transaction that is only to read. */
export const IS_READ_ONLY =
  "pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean AS read_only"

export const ASK_READ_ONLY = `SELECT ${IS_READ_ONLY}`

/** Of rows that have the column `IS_READ_ONLY`. */
export const saysReadOnly = (rows: unknown): boolean =>
  !Array.isArray(rows) || !rows.some((row: unknown) => isRow(row) && row['read_only'] === false)

/** The same of a transaction that was not begun for reading: nothing has to be planned for it. */
export const SHOW_READ_ONLY = 'SHOW transaction_read_only'

/** Of the rows of `SHOW_READ_ONLY`. */
export const showsReadOnly = (rows: unknown): boolean =>
  !Array.isArray(rows) || !rows.some((row: unknown) => isRow(row) && row['transaction_read_only'] === 'off')

export const readOnlyError = () =>
  new Error('the database takes no writes: it is a standby, or default_transaction_read_only is on')

/** Codes of a server that takes no writes, goes down or comes up: another connection, perhaps to another host, is needed. */
export const isLeavingCode = (code: string): boolean => /^(?:08|25006|57P0)/.test(code)

const isRow = (row: unknown): row is Readonly<Record<string, unknown>> => typeof row === 'object' && row !== null
