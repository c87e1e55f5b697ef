import { findMariadb, startMariadb } from '../../test/fixtures/mariadb.ts'
import { findPostgresql, startPostgresql } from '../../test/fixtures/postgresql.ts'
import { freePort } from '../../test/fixtures/free-port.ts'

/** A database server that the demonstration started, with a user of its own for the gateway. */
export interface ThrowAwayDatabase extends AsyncDisposable {
  readonly title: string
  readonly engine: 'MariaDB' | 'PostgreSQL'
  readonly port: number
  readonly user: string
  readonly password: string
  /** False where the server has no TLS: it is on loopback and lives for minutes. */
  readonly tls: false
}

const USER = 'postern'
const PASSWORD = 'throw-away'

/** Real MariaDB and PostgreSQL where their programs are on the machine, an embedded PostgreSQL where none is, or where it is wanted. */
export async function startThrowAwayDatabases(
  say: (text: string) => void,
  { embedded }: { readonly embedded: boolean },
): Promise<readonly ThrowAwayDatabase[]> {
  const mariadb = embedded ? undefined : findMariadb()
  const postgresql = embedded ? undefined : findPostgresql()
  const starting: Promise<ThrowAwayDatabase>[] = []
  if (mariadb !== undefined) starting.push(shopServer(), ledgerServer())
  if (postgresql !== undefined) starting.push(postgresqlServer())
  if (starting.length === 0) {
    say(
      embedded
        ? '     an embedded PostgreSQL (PGlite), as POSTERN_DEMO_EMBEDDED says'
        : '     neither MariaDB nor PostgreSQL is on this machine: an embedded PostgreSQL (PGlite) takes their place',
    )
    starting.push(embeddedPostgresql())
  }
  const settled = await Promise.allSettled(starting)
  const started = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failure = settled.find((result) => result.status === 'rejected')
  if (failure !== undefined) {
    await Promise.all(started.map((server) => server[Symbol.asyncDispose]()))
    throw failure.reason
  }
  return started
}

/** A user that sees everything: the list is complete. */
async function shopServer(): Promise<ThrowAwayDatabase> {
  const server = await startMariadb()
  for (const name of ['shop', 'crm_中文', 'we`ird"name'])
    await server.query(`CREATE DATABASE \`${name.replaceAll('`', '``')}\``)
  await server.query(`CREATE USER '${USER}'@'127.0.0.1' IDENTIFIED BY '${PASSWORD}'`)
  await server.query(`GRANT SHOW DATABASES ON *.* TO '${USER}'@'127.0.0.1'`)
  return { title: 'MariaDB "shop"', engine: 'MariaDB', port: server.port, ...login(server) }
}

/** A user that may see one database only: the list says so. */
async function ledgerServer(): Promise<ThrowAwayDatabase> {
  const server = await startMariadb()
  for (const name of ['ledger', 'payroll', 'audit']) await server.query(`CREATE DATABASE ${name}`)
  await server.query(`CREATE USER '${USER}'@'127.0.0.1' IDENTIFIED BY '${PASSWORD}'`)
  await server.query(`GRANT SELECT ON ledger.* TO '${USER}'@'127.0.0.1'`)
  return {
    title: 'MariaDB "ledger", whose user may see one database only',
    engine: 'MariaDB',
    port: server.port,
    ...login(server),
  }
}

async function postgresqlServer(): Promise<ThrowAwayDatabase> {
  const server = await startPostgresql()
  for (const name of ['billing', 'warehouse']) await server.query(`CREATE DATABASE ${name}`)
  await server.query(`CREATE ROLE ${USER} LOGIN PASSWORD '${PASSWORD}'`)
  return { title: 'PostgreSQL', engine: 'PostgreSQL', port: server.port, ...login(server) }
}

async function embeddedPostgresql(): Promise<ThrowAwayDatabase> {
  const [{ PGlite }, { PGLiteSocketServer }] = await Promise.all([
    import('@electric-sql/pglite'),
    import('@electric-sql/pglite-socket'),
  ])
  const database = await PGlite.create()
  for (const name of ['billing', 'warehouse']) await database.exec(`CREATE DATABASE ${name}`)
  const port = await freePort()
  const server = new PGLiteSocketServer({ db: database, host: '127.0.0.1', port })
  await server.start()
  return {
    title: 'PostgreSQL (embedded)',
    engine: 'PostgreSQL',
    port,
    user: 'postgres',
    password: PASSWORD,
    tls: false,
    async [Symbol.asyncDispose]() {
      await server.stop()
      await database.close()
    },
  }
}

const login = (server: AsyncDisposable) => ({
  user: USER,
  password: PASSWORD,
  tls: false as const,
  [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
})
