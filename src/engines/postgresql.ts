import postgres, { type Sql } from 'postgres'
import { VERSION } from '../base/version.ts'
import { PosternError } from '../model/errors.ts'
import { driverVerdict } from './driver-verdict.ts'
import type { ConnectOptions, Endpoint, Engine, EngineSession } from './engine.ts'
import { GuardedStream } from './guarded-stream.ts'
import { explainPostgresql, refusedForDatabase } from './postgresql-errors.ts'
import { PostgresqlLogin } from './postgresql-login.ts'
import { PostgresqlSession } from './postgresql-session.ts'
import { secureOrRefuse } from './postgresql-tls.ts'
import { readPassword } from './read-password.ts'
import { saslPassword } from './sasl-password.ts'
import { Wire } from './wire.ts'

export const postgresqlEngine: Engine = {
  name: 'PostgreSQL',
  maturity: 'stable',
  defaultPort: 5432,
  grantsAre: 'SQL',
  connect,
  grants: (user) => [
    {
      statement: `GRANT CONNECT ON DATABASE postgres TO ${quote(user)}`,
      why: 'Any login that may connect to one database sees the names of all.',
    },
  ],
}

/** Tries the usual databases in turn: `postgres` may have been dropped or denied. Only a refusal of the database itself goes on. */
async function connect(endpoint: Endpoint, options: ConnectOptions): Promise<EngineSession> {
  const usual = [endpoint.database, 'postgres', 'template1', endpoint.user].filter((name) => name !== undefined)
  const databases = [...new Set(usual)]
  const refusals: PosternError[] = []
  for (const database of databases) {
    const tried = await tryDatabase(database, endpoint, options)
    if (!(tried instanceof PosternError)) return tried
    refusals.push(tried)
  }
  const byHba = refusals.some(({ entry }) => entry === 'Database.AuthenticationFailed')
  const mend = byHba
    ? 'To mend it add a line for this user to pg_hba.conf'
    : `To mend it run: ${postgresqlEngine.grants(endpoint.user)[0]?.statement}`
  const each = databases.map((database, index) => `${database}: ${refusals[index]?.message}`)
  throw new PosternError(byHba ? 'Database.AuthenticationFailed' : 'Database.PrivilegeMissing', {
    reason: `User "${endpoint.user}" can log in to none of the databases ${databases.join(', ')}. ${mend}. ${each.join(' ')}`,
    cause: refusals[0],
  })
}

/** A session, or the refusal of this one database; rejects with everything else. */
async function tryDatabase(
  database: string,
  endpoint: Endpoint,
  options: ConnectOptions,
): Promise<EngineSession | PosternError> {
  const wire = await Wire.dial(endpoint, options)
  try {
    if (endpoint.tls.mode === 'verify') await secureOrRefuse(wire)
    wire.enter('login')
    const password = await readPassword(wire)
    const sql = openDriver(wire, { password, database })
    const refusal = await login(wire, sql, password)
    if (refusal !== undefined) {
      wire.close()
      return refusal
    }
    wire.leave()
    return new PostgresqlSession(sql, { wire, password, queryMs: options.queryMs })
  } catch (error) {
    wire.close()
    throw error
  }
}

function openDriver(wire: Wire, as: { password: string; database: string }): Sql {
  const { endpoint } = wire
  let used = false
  const watcher = new PostgresqlLogin(wire)
  const options = {
    // The driver connects again by itself when a connection breaks; ours is one login, once.
    socket: async () => {
      if (used) throw wire.failure ?? new PosternError('Endpoint.ConnectionReset')
      used = true
      const stream = new GuardedStream(wire, watcher)
      setImmediate(() => stream.start())
      wire.probeSilence()
      return stream
    },
    host: endpoint.address,
    port: endpoint.port,
    user: endpoint.user,
    database: as.database,
    // As the server itself keeps it: prepared, or as it is where that cannot be.
    password: async () => (watcher.asksForScram ? await saslPassword(as.password) : undefined) ?? as.password,
    ssl: false,
    max: 1,
    // The wire has the deadlines.
    connect_timeout: 0,
    idle_timeout: 0,
    max_lifetime: 0,
    keep_alive: 0,
    fetch_types: false,
    prepare: false,
    no_subscribe: true,
    // The driver would write notices to standard output.
    onnotice: () => {},
    // The one parameter that every pooler takes.
    connection: { application_name: `postern-gateway/${VERSION}` },
  }
  return postgres(options)
}

/** Logs in with a first query. A refusal of this one database is returned; everything else rejects. */
async function login(wire: Wire, sql: Sql, password: string): Promise<PosternError | undefined> {
  const first = Promise.resolve(sql.unsafe('/* postern */ SELECT 1'))
  try {
    await wire.settle(first)
    return undefined
  } catch (caught) {
    const { error, refusal } = explainPostgresql(await driverVerdict(first, caught), { wire, password })
    if (refusal !== undefined && refusedForDatabase(refusal)) return error
    throw error
  }
}

const quote = (name: string) => `"${name.replaceAll('"', '""')}"`
