import { type Connection, Request } from 'tedious'
import { z } from 'zod'
import { PosternError } from '../model/errors.ts'
import type { DatabaseRecord, Listing, ServerInfo, StepName } from '../model/listing.ts'
import { DatabaseList } from './database-list.ts'
import { driverVerdict } from './driver-verdict.ts'
import type { DatabaseSize, EngineSession, MissingSizes } from './engine.ts'
import { explainSqlserver, type SqlserverRefusal } from './sqlserver-errors.ts'
import {
  AZURE_SQL_DATABASE,
  type SqlserverFacts,
  viewAnyDefinitionGrant,
  visibilityOf,
} from './sqlserver-visibility.ts'
import type { Wire } from './wire.ts'

/**
 * Columns and values: Transact-SQL reference, "sys.databases (Transact-SQL)". Who sees which rows: the section "Permissions"
 * there. HAS_DBACCESS is 0 or 1, SUSER_SNAME null for an owner that is gone.
 */
const LIST = `SELECT d.name, d.state_desc, d.recovery_model_desc, d.collation_name, CONVERT(int, d.is_read_only),
  d.source_database_id, s.name, SUSER_SNAME(d.owner_sid), HAS_DBACCESS(d.name)
FROM sys.databases AS d LEFT JOIN sys.databases AS s ON s.database_id = d.source_database_id`
/**
 * Transact-SQL reference, "sys.master_files (Transact-SQL)": size in pages of 8 KB, zero for the containers of FILESTREAM (type
 * 2), the most that it may become for a snapshot; those have no size here. Who sees which rows: the section "Permissions" there.
 */
const SIZES = `SELECT d.name, SUM(CONVERT(float, f.size)) * 8192 FROM sys.master_files AS f
  JOIN sys.databases AS d ON d.database_id = f.database_id WHERE d.source_database_id IS NULL
  GROUP BY d.database_id, d.name HAVING MAX(f.type) < 2`
/** Transact-SQL reference, "SERVERPROPERTY" and "HAS_PERMS_BY_NAME": null as securable and class means the server. */
const FACTS = `SELECT CONVERT(nvarchar(128), SERVERPROPERTY('ProductVersion')),
  CONVERT(int, SERVERPROPERTY('EngineEdition')),
  HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW ANY DATABASE'),
  DB_NAME()`
/** Transact-SQL reference, "SET LOCK_TIMEOUT": milliseconds; then error 1222. */
const PROTECTED = 'SET LOCK_TIMEOUT 5000;'
/** As PRINT and errors come: more of them are not kept. */
const MOST_REFUSALS = 10
const MOST_FACTS = 10
const SYSTEM = new Set(['master', 'model', 'msdb', 'tempdb', 'rdsadmin'])

const text = z.string().nullable()
const number = z.number().nullable()
const record = z.tuple([z.string(), text, text, text, number, number, text, text, number])
const size = z.tuple([z.string(), z.number()])
const facts = z.tuple([text, number, number, text])

/** What a session needs to explain what goes wrong. */
export interface SqlserverCircumstances {
  readonly wire: Wire
  readonly password: string
  /** Told of each row that the driver hands over. */
  readonly rowCame: () => void
}

/** A logged-in connection; one statement at a time. */
export class SqlserverSession implements EngineSession {
  readonly #connection: Connection
  readonly #about: SqlserverCircumstances
  #facts: SqlserverFacts | undefined

  constructor(connection: Connection, about: SqlserverCircumstances) {
    this.#connection = connection
    this.#about = about
  }

  async serverInfo(): Promise<ServerInfo> {
    const known = await this.#readFacts()
    const azure = known?.engineEdition === AZURE_SQL_DATABASE
    return {
      product: azure ? 'Azure SQL Database' : 'Microsoft SQL Server',
      version: (known?.version ?? 'unknown').slice(0, 256),
      // Each database of an availability group has a role of its own.
      role: 'unknown',
    }
  }

  async listDatabases(): Promise<Listing> {
    const { visibility, warnings } = visibilityOf(await this.#readFacts(), this.#about.wire.endpoint.user)
    const list = new DatabaseList()
    const refusal = await this.#query(LIST, { step: 'list' }, (row) => list.add(toRecord(row)))
    if (refusal !== undefined) throw refusal
    return { databases: await list.sorted(), visibility, warnings }
  }

  async measure(budgetMs: number, take: (size: DatabaseSize) => void): Promise<MissingSizes> {
    const refusal = await this.#query(SIZES, { step: 'list', most: budgetMs }, (row) => {
      const parsed = size.safeParse(row)
      if (parsed.success) take({ ...exactly(parsed.data[0]), bytes: parsed.data[1] })
    })
    if (refusal !== undefined) throw refusal
    return {
      reason: 'The login does not see their files, or they are snapshots or have FILESTREAM data.',
      grant: viewAnyDefinitionGrant(this.#about.wire.endpoint.user),
    }
  }

  async [Symbol.asyncDispose]() {
    // There is no goodbye in TDS: the server sees the connection end.
    this.#connection.close()
    this.#about.wire.close()
  }

  /** Undefined where the server refuses them. */
  async #readFacts(): Promise<SqlserverFacts | undefined> {
    if (this.#facts !== undefined) return this.#facts
    const rows: unknown[][] = []
    await this.#query(FACTS, { step: 'privilege' }, (row) => {
      if (rows.push(row) > MOST_FACTS) throw new PosternError('Result.TooLarge')
    })
    const parsed = facts.safeParse(rows[0])
    if (!parsed.success) return undefined
    const [version, engineEdition, viewsAnyDatabase, database] = parsed.data
    this.#facts = { version, engineEdition, viewsAnyDatabase, database }
    return this.#facts
  }

  /** Resolves with the server's refusal of the statement, if it refused; rejects when the connection fails. */
  async #query(
    statement: string,
    { step, most }: { step: StepName; most?: number },
    take: (row: unknown[]) => void,
  ): Promise<PosternError | undefined> {
    const { wire, password } = this.#about
    const refusals: SqlserverRefusal[] = []
    wire.enter(step, most)
    const work = this.#run(`/* postern */ ${PROTECTED} ${statement}`, { take, refusals })
    try {
      await wire.settle(work)
      return undefined
    } catch (caught) {
      const own = await driverVerdict(work, caught)
      const error = explainSqlserver(own, { wire, password, refusals, step })
      // The connection can be used further only where it is the server that said no.
      if (wire.failure !== undefined || refusals.length === 0) throw wire.fail(error)
      return error
    } finally {
      wire.leave()
    }
  }

  #run(sql: string, to: { take: (row: unknown[]) => void; refusals: SqlserverRefusal[] }): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const request = new Request(sql, (error) => (error ? reject(error) : resolve()))
    const onError = ({ number: code, message }: SqlserverRefusal) => {
      if (to.refusals.length < MOST_REFUSALS) to.refusals.push({ number: code, message })
    }
    this.#connection.on('errorMessage', onError)
    request.on('row', (columns: readonly { readonly value: unknown }[]) => {
      this.#about.rowCame()
      try {
        to.take(columns.map(({ value }) => value))
      } catch (error) {
        reject(error)
        // The rest of the answer is not read.
        this.#about.wire.fail(error instanceof PosternError ? error : new PosternError('Internal', { cause: error }))
      }
    })
    this.#connection.execSqlBatch(request)
    return promise.finally(() => this.#connection.off('errorMessage', onError))
  }
}

function toRecord(row: unknown[]): DatabaseRecord {
  const parsed = record.safeParse(row)
  if (!parsed.success)
    throw new PosternError('Endpoint.WrongProtocol', {
      reason: 'A database came without a name, or with other columns.',
    })
  const [name, state, recoveryModel, collation, readOnly, sourceId, source, owner, access] = parsed.data
  return {
    ...exactly(name),
    kind: 'database',
    system: SYSTEM.has(name),
    ...(owner !== null && { owner: owner.toWellFormed() }),
    ...(collation !== null && { collation }),
    ...(state !== null && { state }),
    ...(access !== null && { connectable: access === 1 }),
    ...(readOnly !== null && { readOnly: readOnly === 1 }),
    ...(recoveryModel !== null && { recoveryModel }),
    // The name of the source is hidden where the login may not see it.
    ...(sourceId !== null && { snapshotOf: source?.toWellFormed() ?? `database_id ${sourceId}` }),
  }
}

/** A sysname is any sequence of 16-bit units: what is not Unicode goes as its units too, little-endian, as the server keeps them. */
function exactly(name: string): Pick<DatabaseRecord, 'name' | 'nameBase64'> {
  if (name.isWellFormed()) return { name }
  return { name: name.toWellFormed(), nameBase64: Buffer.from(name, 'utf16le').toString('base64') }
}
