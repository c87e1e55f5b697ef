import type { OracleConnection } from 'oracledb'
import { PosternError } from '../model/errors.ts'
import type { DatabaseRecord, Listing, ListingWarning, ServerInfo, StepName, Visibility } from '../model/listing.ts'
import { DatabaseList } from './database-list.ts'
import type { EngineSession } from './engine.ts'
import { explainOracle, type OracleCircumstances } from './oracle-errors.ts'
import { containerDataGrant, viewGrant } from './oracle-grants.ts'

/** So that a DBA who sees a statement knows whose it is. */
const MARK = '/* postern */'
/** Oracle Database SQL Language Reference, SYS_CONTEXT, namespace USERENV: CON_NAME, CDB_NAME, DB_NAME, DATABASE_ROLE. No privilege needed. */
const CONTEXT =
  "SELECT SYS_CONTEXT('USERENV', 'CON_NAME'), SYS_CONTEXT('USERENV', 'CDB_NAME'), SYS_CONTEXT('USERENV', 'DB_NAME'), SYS_CONTEXT('USERENV', 'DATABASE_ROLE') FROM DUAL"
/** Oracle Database Reference, V$PDBS: NAME, OPEN_MODE, RESTRICTED, TOTAL_SIZE in bytes. */
const PDBS = 'SELECT name, open_mode, restricted, total_size FROM v$pdbs'
/** Oracle Database Reference, V$DATABASE: NAME, OPEN_MODE, DATABASE_ROLE. */
const DATABASE = 'SELECT name, open_mode, database_role FROM v$database'

const ROOT = 'CDB$ROOT'
const SEED = 'PDB$SEED'
const NO_SUCH_VIEW = new Set([942, 1031])
const ROWS_AT_A_TIME = 500
const MOST_ROWS = 10
const GOODBYE_MS = 500

type Row = readonly unknown[]

/** A logged-in connection; one statement at a time. */
export class OracleSession implements EngineSession {
  readonly #connection: OracleConnection
  readonly #about: OracleCircumstances

  constructor(connection: OracleConnection, about: OracleCircumstances) {
    this.#connection = connection
    this.#about = about
  }

  async serverInfo(): Promise<ServerInfo> {
    const [context] = await this.#rows(CONTEXT)
    return {
      product: 'Oracle',
      version: this.#connection.oracleServerVersionString.slice(0, 256),
      role: roleOf((await this.#database())?.[2] ?? context?.[3]),
    }
  }

  async listDatabases(): Promise<Listing> {
    const [context = []] = await this.#rows(CONTEXT)
    const [container, cdb, database] = context
    if (container === ROOT) return this.#pdbs()
    return typeof cdb === 'string' && cdb !== '' ? this.#onePdb(container, cdb) : this.#noCdb(container ?? database)
  }

  async [Symbol.asyncDispose]() {
    const { wire } = this.#about
    if (wire.failure === undefined) {
      const late = Promise.withResolvers<void>()
      const timer = setTimeout(late.resolve, GOODBYE_MS)
      await Promise.race([this.#connection.close().catch(() => {}), late.promise])
      clearTimeout(timer)
    }
    wire.close()
  }

  /**
   * From the root. Every CDB has PDB$SEED, and a common user sees it once CONTAINER_DATA is ALL; whoever sees only the root, or
   * the PDBs that were named for it, does not (Oracle Database Security Guide, container data objects).
   */
  async #pdbs(): Promise<Listing> {
    const list = new DatabaseList()
    let seed = false
    const refusal = await this.#query(PDBS, 'list', (row) => {
      seed ||= row[0] === SEED
      list.add(toPdb(row))
    })
    if (refusal !== undefined) throw this.#noPdbs(refusal)
    if (seed) return { databases: await list.sorted(), visibility: 'complete', warnings: [] }
    return {
      databases: await list.sorted(),
      visibility: 'partial',
      warnings: [
        {
          code: 'Oracle.ContainerDataMissing',
          message: `The user does not see ${SEED}, which every CDB has: its CONTAINER_DATA leaves out containers, and only the others are listed.`,
          grant: containerDataGrant(this.#user),
        },
      ],
    }
  }

  #noPdbs({ error, number }: Refusal): PosternError {
    if (!NO_SUCH_VIEW.has(number)) return error
    return new PosternError('Database.PrivilegeMissing', {
      reason: `To mend it run: ${viewGrant('v_$pdbs', this.#user)}. ${error.message}`,
    })
  }

  /** A service of one PDB shows that PDB and no other. */
  async #onePdb(container: unknown, cdb: string): Promise<Listing> {
    const message = `The service leads into one pluggable database of the CDB ${cdb}, which shows no other. To list all of them, name a service of the root in the endpoint.`
    const warning = { code: 'Oracle.OnePdb', message: message.slice(0, 4096) }
    const pdb = await this.#attempt(PDBS)
    if (pdb?.[0] !== undefined) return one(toPdb(pdb[0]), 'partial', [warning])
    return one({ name: nameOf(container), kind: 'pdb', system: false }, 'partial', [warning])
  }

  /** One database is all that there is; where the view cannot be read, it could also be a PDB of an old CDB that hides it. */
  async #noCdb(name: unknown): Promise<Listing> {
    const database = await this.#database()
    if (database !== undefined)
      return one(
        { name: nameOf(database[0]), kind: 'database', system: false, ...openMode(database[1]) },
        'complete',
        [],
      )
    return one({ name: nameOf(name), kind: 'database', system: false }, 'unknown', [
      {
        code: 'Oracle.DatabaseNotReadable',
        message: 'V$DATABASE could not be read, so only the name that the session itself has is known.',
        grant: viewGrant('v_$database', this.#user),
      },
    ])
  }

  get #user(): string {
    return this.#about.wire.endpoint.user
  }

  async #database(): Promise<Row | undefined> {
    return (await this.#attempt(DATABASE))?.[0]
  }

  /** Undefined where the server refuses the statement; rejects when the connection fails. */
  async #attempt(statement: string): Promise<readonly Row[] | undefined> {
    const rows: Row[] = []
    const refusal = await this.#query(statement, 'privilege', (row) => {
      if (rows.push(row) > MOST_ROWS) throw new PosternError('Result.TooLarge')
    })
    return refusal === undefined ? rows : undefined
  }

  async #rows(statement: string): Promise<readonly Row[]> {
    const rows: Row[] = []
    const refusal = await this.#query(statement, 'privilege', (row) => {
      if (rows.push(row) > MOST_ROWS) throw new PosternError('Result.TooLarge')
    })
    if (refusal !== undefined) throw refusal.error
    return rows
  }

  /** Resolves with the server's refusal of the statement, if it refused; rejects when the connection fails. */
  async #query(statement: string, step: StepName, take: (row: Row) => void): Promise<Refusal | undefined> {
    const { wire } = this.#about
    wire.enter(step)
    try {
      await wire.settle(this.#stream(`${MARK} ${statement}`, take))
      return undefined
    } catch (caught) {
      const { error, number } = explainOracle(caught, this.#about)
      if (number !== undefined && wire.failure === undefined) return { error, number }
      // A row that could not be taken leaves the rest of the answer unread: the connection is of no use any more.
      throw wire.fail(error)
    } finally {
      wire.leave()
    }
  }

  async #stream(sql: string, take: (row: Row) => void): Promise<void> {
    const options = { resultSet: true, fetchArraySize: ROWS_AT_A_TIME, prefetchRows: ROWS_AT_A_TIME } as const
    const { resultSet } = await this.#connection.execute(sql, [], options)
    if (resultSet === undefined)
      throw new PosternError('Endpoint.WrongProtocol', { reason: 'A query was answered without rows.' })
    for (;;) {
      const rows = await resultSet.getRows(ROWS_AT_A_TIME)
      if (rows.length === 0) break
      for (const row of rows) take(Array.isArray(row) ? row : [])
    }
    await resultSet.close()
  }
}

interface Refusal {
  readonly error: PosternError
  /** The server's, as in ORA-00942. */
  readonly number: number
}

const one = (record: DatabaseRecord, visibility: Visibility, warnings: readonly ListingWarning[]): Listing => ({
  databases: [record],
  visibility,
  warnings,
})

function toPdb([name, mode, restricted, size]: Row): DatabaseRecord {
  const open = openMode(mode)
  return {
    name: nameOf(name),
    kind: 'pdb',
    system: name === SEED,
    ...open,
    // Then only users with RESTRICTED SESSION get in.
    ...(restricted === 'YES' ? { connectable: false } : {}),
    ...(typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? { sizeBytes: size } : {}),
  }
}

/** READ WRITE, READ ONLY, READ ONLY WITH APPLY, MIGRATE, MOUNTED. */
function openMode(mode: unknown): Pick<DatabaseRecord, 'state' | 'connectable' | 'readOnly'> {
  if (typeof mode !== 'string' || mode === '') return {}
  const readOnly = mode.startsWith('READ ONLY')
  return { state: mode.slice(0, 256), connectable: readOnly || mode === 'READ WRITE', readOnly }
}

function nameOf(name: unknown): string {
  if (typeof name === 'string' && name !== '') return name
  throw new PosternError('Endpoint.WrongProtocol', { reason: 'A database came without a name.' })
}

function roleOf(role: unknown): ServerInfo['role'] {
  if (role === 'PRIMARY') return 'primary'
  return typeof role === 'string' && role.endsWith('STANDBY') ? 'replica' : 'unknown'
}
