import type { Sql } from 'postgres'
import { PosternError } from '../model/errors.ts'
import type { DatabaseRecord, Listing, ServerInfo, StepName } from '../model/listing.ts'
import { DatabaseList } from './database-list.ts'
import type { DatabaseSize, EngineSession, MissingSizes } from './engine.ts'
import { explainPostgresql, postgresqlServerError } from './postgresql-errors.ts'
import type { Wire } from './wire.ts'

const LIST = `SELECT datname,
  pg_catalog.pg_get_userbyid(datdba),
  pg_catalog.pg_encoding_to_char(encoding),
  datcollate,
  datallowconn AND pg_catalog.has_database_privilege(oid, 'CONNECT'),
  datistemplate,
  datconnlimit
FROM pg_catalog.pg_database`
/** One refusal of pg_database_size would end the whole statement. Versions before 10 have no such role. */
const SIZES = `SELECT datname, CASE
  WHEN pg_catalog.has_database_privilege(oid, 'CONNECT') OR (SELECT pg_catalog.pg_has_role(r.oid, 'USAGE')
    FROM pg_catalog.pg_roles AS r WHERE r.rolname = 'pg_read_all_stats')
  THEN pg_catalog.pg_database_size(oid) END
FROM pg_catalog.pg_database`
const INFO = 'SELECT pg_catalog.version(), pg_catalog.pg_is_in_recovery()'
/** What the clouds run beside the databases of their customers. */
const OF_THE_CLOUDS = new Set(['rdsadmin', 'azure_sys', 'azure_maintenance', 'cloudsqladmin'])
/** The mark of a database whose DROP was interrupted: it cannot be used any more. */
const INVALID = '-2'
const LOCK_MS = 5000
const GOODBYE_MS = 500
/** The server's own limit comes after ours: it is there for the case that the server does not notice our going. */
const LATER_MS = 500

type Column = Buffer | null | undefined
type Row = readonly Column[]

/** A logged-in connection; one statement at a time. */
export class PostgresqlSession implements EngineSession {
  readonly #sql: Sql
  readonly #about: { readonly wire: Wire; readonly password: string; readonly queryMs: number }

  /** As serverInfo() found it; a server in recovery takes no writes. */
  #recovering: boolean | undefined

  constructor(sql: Sql, about: { wire: Wire; password: string; queryMs: number }) {
    this.#sql = sql
    this.#about = about
  }

  async serverInfo(): Promise<ServerInfo> {
    const rows: Row[] = []
    const refusal = await this.#query(INFO, { step: 'privilege' }, (row) => rows.push(row))
    const [version, recovering] = rows[0] ?? []
    if (recovering !== undefined && recovering !== null) this.#recovering = isTrue(recovering)
    if (refusal !== undefined || version === null || version === undefined)
      return { product: 'PostgreSQL', version: 'unknown', role: 'unknown' }
    // "PostgreSQL 15.18 (Debian …) on x86_64…"; servers with the same protocol put their own name first.
    const words = version.toString('utf8').split(' ')
    return {
      product: (words[0] ?? 'PostgreSQL').slice(0, 256),
      version: (words[1] ?? 'unknown').slice(0, 256),
      role: isTrue(recovering) ? 'replica' : 'primary',
    }
  }

  async listDatabases(): Promise<Listing> {
    const list = new DatabaseList()
    const readOnly = this.#recovering === undefined ? {} : { readOnly: this.#recovering }
    const refusal = await this.#query(LIST, { step: 'list' }, (row) => list.add({ ...toRecord(row), ...readOnly }))
    if (refusal !== undefined) throw refusal
    // pg_database is readable for every login, from every database: no name is ever hidden.
    return { databases: await list.sorted(), visibility: 'complete', warnings: [] }
  }

  async measure(budgetMs: number, take: (size: DatabaseSize) => void): Promise<MissingSizes> {
    const refusal = await this.#query(SIZES, { step: 'list', most: budgetMs }, ([name, size]) => {
      if (name && size) take({ ...exactly(name), bytes: Number(size.toString('latin1')) })
    })
    if (refusal !== undefined) throw refusal
    return {
      reason: 'The user may not connect to them, and is no member of pg_read_all_stats.',
      grant: `GRANT pg_read_all_stats TO ${quote(this.#about.wire.endpoint.user)}`,
    }
  }

  async [Symbol.asyncDispose]() {
    const { wire } = this.#about
    if (wire.failure === undefined) {
      const late = Promise.withResolvers<void>()
      const timer = setTimeout(late.resolve, GOODBYE_MS)
      await Promise.race([this.#sql.end().catch(() => {}), late.promise])
      clearTimeout(timer)
    }
    wire.close()
  }

  /**
   * Runs the statement read-only in a transaction of its own: settings that are local to it cannot reach others through a pooler.
   * Resolves with the server's refusal, if it refused; rejects when the connection fails.
   */
  async #query(
    statement: string,
    { step, most = Infinity }: { step: StepName; most?: number },
    take: (row: Row) => void,
  ): Promise<PosternError | undefined> {
    const { wire, password, queryMs } = this.#about
    wire.enter(step, most)
    try {
      await wire.settle(this.#run(inTransaction(statement, Math.min(most, queryMs)), take))
      return undefined
    } catch (caught) {
      const { error, refusal } = explainPostgresql(caught, { wire, password })
      // A row that could not be taken leaves the rest of the answer unread: the connection is of no use any more.
      if (refusal === undefined) throw wire.fail(error)
      await wire.settle(this.#run('ROLLBACK', () => {})).catch(() => {})
      return postgresqlServerError(refusal, { user: wire.endpoint.user, step })
    } finally {
      wire.leave()
    }
  }

  async #run(statements: string, take: (row: Row) => void): Promise<void> {
    const query = this.#sql.unsafe(statements)
    // Columns as the bytes that came: a name need not be UTF-8.
    void query.raw()
    await query.forEach((row: unknown) => take(Array.isArray(row) ? row.map(toColumn) : []))
  }
}

/** client_encoding SQL_ASCII means: no conversion, whatever the database's encoding, so that names keep their bytes. */
function inTransaction(statement: string, queryMs: number): string {
  const ms = Math.ceil(queryMs)
  return [
    '/* postern */ BEGIN READ ONLY',
    `SET LOCAL statement_timeout = ${ms + LATER_MS}`,
    `SET LOCAL lock_timeout = ${Math.min(ms, LOCK_MS)}`,
    "SET LOCAL client_encoding = 'SQL_ASCII'",
    `/* postern */ ${statement}`,
    'COMMIT',
  ].join('; ')
}

function toColumn(value: unknown): Column {
  return Buffer.isBuffer(value) ? value : null
}

function toRecord([name, owner, charset, collation, connectable, template, limit]: Row): DatabaseRecord {
  if (name === null || name === undefined)
    throw new PosternError('Endpoint.WrongProtocol', { reason: 'A database came without a name.' })
  const exact = exactly(name)
  return {
    ...exact,
    kind: 'database',
    system: isTrue(template) || OF_THE_CLOUDS.has(exact.name),
    ...textField('owner', owner),
    ...textField('charset', charset),
    ...textField('collation', collation),
    ...(limit?.toString('latin1') === INVALID ? { state: 'invalid' } : {}),
    connectable: isTrue(connectable),
  }
}

/** Bytes that are not UTF-8 become U+FFFD in the name. */
function exactly(bytes: Buffer): Pick<DatabaseRecord, 'name' | 'nameBase64'> {
  const name = bytes.toString('utf8')
  return Buffer.from(name, 'utf8').equals(bytes) ? { name } : { name, nameBase64: bytes.toString('base64') }
}

const quote = (name: string) => `"${name.replaceAll('"', '""')}"`

function textField<K extends string>(key: K, value: Column): Partial<Record<K, string>> {
  const field: Partial<Record<K, string>> = {}
  if (value !== null && value !== undefined) field[key] = value.toString('utf8')
  return field
}

const isTrue = (value: Column) => value?.toString('latin1') === 't'
