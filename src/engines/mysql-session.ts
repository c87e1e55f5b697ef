import type { Connection } from 'mariadb'
import { PosternError } from '../model/errors.ts'
import { type DatabaseRecord, type Listing, MAX_DATABASES, type ServerInfo, type StepName } from '../model/listing.ts'
import { DatabaseList } from './database-list.ts'
import type { DatabaseSize, EngineSession, MissingSizes } from './engine.ts'
import { explainMysql, type MysqlCircumstances } from './mysql-errors.ts'
import { addSizeRow, SIZES, sizesNotVisible } from './mysql-sizes.ts'
import { visibilityOf } from './mysql-visibility.ts'

/** So that a DBA who sees a statement knows whose it is. */
const MARK = '/* postern */'
const LIST = 'SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA'
/** Since MySQL 8.0.22 a single database can be read-only too: manual, "The INFORMATION_SCHEMA SCHEMATA_EXTENSIONS Table". */
const READ_ONLY_SCHEMAS =
  "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA_EXTENSIONS WHERE OPTIONS LIKE '%READ ONLY=1%'"
const READ_ONLY_SCHEMAS_SINCE = [8, 0, 22] as const
const ABOUT = 'SELECT CURRENT_USER(), @@global.read_only'
/** Rows of a statement that is not the list itself: grants have one for each database that something was granted on. */
const MOST_ROWS = 100_000
const GOODBYE_MS = 500

type Row = readonly unknown[]

/** A logged-in connection; one statement at a time. */
export class MysqlSession implements EngineSession {
  readonly #connection: Connection
  readonly #about: MysqlCircumstances & { readonly queryMs: number }
  #protected = false
  /** As listDatabases() found them. */
  #account: { readonly user: string | undefined; readonly grants: readonly string[] | undefined } | undefined

  constructor(connection: Connection, about: MysqlCircumstances & { readonly queryMs: number }) {
    this.#connection = connection
    this.#about = about
  }

  async serverInfo(): Promise<ServerInfo> {
    return {
      product: this.#isMariadb() ? 'MariaDB' : 'MySQL',
      version: this.#about.greeting.version.replace(/^5\.5\.5-/, '').slice(0, 256),
      role: await this.#role(),
    }
  }

  async listDatabases(): Promise<Listing> {
    await this.#protect()
    // Some proxies and kinds know no variables of the server.
    const about = (await this.#attempt(ABOUT)) ?? (await this.#attempt('SELECT CURRENT_USER()'))
    const user = about?.map(firstText)[0]
    const server = isReadOnly(about?.[0]?.[1])
    const schemas = await this.#readOnlySchemas()
    const grants = (await this.#attempt('SHOW GRANTS'))?.map(firstText)
    this.#account = { user, grants }
    const { visibility, warnings } = visibilityOf(grants, user)
    const list = new DatabaseList()
    const refusal = await this.#query(LIST, { step: 'list' }, (row) => {
      const record = toRecord(row)
      const readOnly = server === true || schemas?.has(record.name) === true || (schemas && server)
      list.add({ ...record, ...(readOnly === undefined ? {} : { readOnly }) })
    })
    if (refusal !== undefined) throw refusal
    return { databases: await list.sorted(), visibility, warnings }
  }

  /** Of the statistics that the server has: it is not made to collect any. */
  async measure(budgetMs: number, take: (size: DatabaseSize) => void): Promise<MissingSizes> {
    const endsAt = performance.now() + budgetMs
    const notVisible = sizesNotVisible(this.#account?.grants, this.#account?.user)
    if (notVisible !== undefined) return notVisible
    const ms = Math.ceil(budgetMs)
    const limit = this.#isMariadb()
      ? `max_statement_time = ${ms / 1000}`
      : `max_execution_time = ${ms}, SESSION information_schema_stats_expiry = 31536000`
    await this.#attempt(`SET SESSION lock_wait_timeout = ${Math.ceil(ms / 1000)}, SESSION ${limit}`, budgetMs)
    const sizes = new Map<string, number | undefined>()
    const refusal = await this.#query(SIZES, { step: 'list', most: endsAt - performance.now() }, (row) => {
      addSizeRow(sizes, row)
      if (sizes.size > MAX_DATABASES) throw new PosternError('Result.TooLarge')
    })
    if (refusal !== undefined) throw refusal
    for (const [name, bytes] of sizes) if (bytes !== undefined) take({ name, bytes })
    return { reason: 'Tables in them were being changed.' }
  }

  async [Symbol.asyncDispose]() {
    const { wire } = this.#about
    if (wire.failure === undefined) {
      const late = Promise.withResolvers<void>()
      const timer = setTimeout(late.resolve, GOODBYE_MS)
      await Promise.race([this.#connection.end().catch(() => {}), late.promise])
      clearTimeout(timer)
    }
    wire.close()
  }

  #isMariadb(): boolean {
    return this.#connection.info?.isMariaDB() ?? false
  }

  /** Settings that protect the server from us, for this session alone. Best effort: some proxies and kinds know only some. */
  async #protect() {
    if (this.#protected) return
    const ms = Math.max(1000, Math.ceil(this.#about.queryMs))
    const limit = this.#isMariadb() ? `max_statement_time = ${ms / 1000}` : `max_execution_time = ${ms}`
    const limits = `SESSION lock_wait_timeout = 5, SESSION ${limit}`
    const readOnly = this.#isMariadb() ? 'tx_read_only' : 'transaction_read_only'
    // All in one, to save the way there and back; a server that does not know one of them takes none.
    if ((await this.#attempt(`SET SESSION ${readOnly} = ON, ${limits}`)) === undefined) {
      await this.#attempt('SET SESSION TRANSACTION READ ONLY')
      await this.#attempt(`SET ${limits}`)
    }
    this.#protected = true
  }

  /** Databases that are read-only by themselves; undefined where the server may have some and does not tell. */
  async #readOnlySchemas(): Promise<ReadonlySet<string> | undefined> {
    const names = new Set<string>()
    if (this.#isMariadb() || !isSince(this.#about.greeting.version, READ_ONLY_SCHEMAS_SINCE)) return names
    const refusal = await this.#query(READ_ONLY_SCHEMAS, { step: 'privilege' }, (row) => {
      if (names.add(firstText(row)).size > MAX_DATABASES) throw new PosternError('Result.TooLarge')
    })
    return refusal === undefined ? names : undefined
  }

  /** The replication status needs a privilege of its own; without it the role stays unknown. */
  async #role(): Promise<ServerInfo['role']> {
    const sources = (await this.#attempt('SHOW REPLICA STATUS')) ?? (await this.#attempt('SHOW SLAVE STATUS'))
    if (sources === undefined) return 'unknown'
    return sources.length > 0 ? 'replica' : 'primary'
  }

  /** Undefined where the server refuses the statement; rejects when the connection fails. */
  async #attempt(statement: string, most?: number): Promise<readonly Row[] | undefined> {
    const rows: Row[] = []
    const refusal = await this.#query(statement, { step: 'privilege', most }, (row) => {
      if (rows.push(row) > MOST_ROWS) throw new PosternError('Result.TooLarge')
    })
    return refusal === undefined ? rows : undefined
  }

  /** Resolves with the server's refusal of the statement, if it refused; rejects when the connection fails. */
  async #query(
    statement: string,
    { step, most }: { step: StepName; most?: number | undefined },
    take: (row: Row) => void,
  ): Promise<PosternError | undefined> {
    const { wire } = this.#about
    wire.enter(step, most)
    try {
      await wire.settle(this.#stream(`${MARK} ${statement}`, take))
      return undefined
    } catch (caught) {
      const { error, refused } = explainMysql(caught, this.#about)
      if (refused) return error
      // A row that could not be taken leaves the rest of the answer unread: the connection is of no use any more.
      throw wire.fail(error)
    } finally {
      wire.leave()
    }
  }

  async #stream(sql: string, take: (row: Row) => void): Promise<void> {
    for await (const row of this.#connection.queryStream({ sql, rowsAsArray: true })) {
      take(Array.isArray(row) ? row : [])
    }
  }
}

const firstText = (row: Row) => (typeof row[0] === 'string' ? row[0] : '')

/** A number, or in newer versions of MariaDB a word: OFF, ON, NO_LOCK, …; all but the first of each refuse writes. */
function isReadOnly(value: unknown): boolean | undefined {
  if (!['number', 'bigint', 'string'].includes(typeof value) || value === '') return undefined
  return !['0', 'OFF'].includes(String(value))
}

/** Compares the leading numbers of a version; false for what has none. */
function isSince(version: string, least: readonly number[]): boolean {
  const numbers = version.split(/[.-]/, least.length).map(Number)
  const different = least.findIndex((number, index) => numbers[index] !== number)
  return different < 0 || (numbers[different] ?? 0) > (least[different] ?? 0)
}

function toRecord([name, charset, collation]: Row): DatabaseRecord {
  if (typeof name !== 'string')
    throw new PosternError('Endpoint.WrongProtocol', { reason: 'A database came without a name.' })
  return {
    name,
    kind: 'database',
    system: isSystem(name),
    ...(typeof charset === 'string' ? { charset } : {}),
    ...(typeof collation === 'string' ? { collation } : {}),
  }
}

/** The two virtual schemas are the same in any case; `MYSQL` can be somebody's database where names are case-sensitive. */
function isSystem(name: string): boolean {
  return name === 'mysql' || name === 'sys' || /^(information|performance)_schema$/i.test(name)
}
