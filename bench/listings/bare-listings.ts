import { connect } from 'node:net'
import { createConnection } from 'mariadb'
import postgres from 'postgres'
import type { DatabaseType } from '../../src/model/database-type.ts'
import { startMariadb } from '../../test/fixtures/mariadb.ts'
import { startPostgresql } from '../../test/fixtures/postgresql.ts'
import { startRedis } from '../../test/fixtures/redis.ts'

/** A running server, and its list as the driver alone fetches it: connect, the query of the list, close. */
export interface BareListing extends AsyncDisposable {
  readonly engine: DatabaseType
  readonly port: number
  readonly user: string
  readonly password: string
  /** How many databases it lists. */
  list(): Promise<number>
}

const HOST = '127.0.0.1'
const DATABASES = ['shop', 'crm', 'payroll']

export async function startBareMariadb(): Promise<BareListing> {
  const server = await startMariadb()
  for (const name of DATABASES) await server.query(`CREATE DATABASE ${name}`)
  const as = { port: server.port, user: server.rootUser, password: server.rootPassword }
  return {
    engine: 'MariaDB',
    ...as,
    async list() {
      const connection = await createConnection({ host: HOST, ...as })
      const rows: unknown = await connection.query(
        'SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA',
      )
      await connection.end()
      return Array.isArray(rows) ? rows.length : 0
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

export async function startBarePostgresql(): Promise<BareListing> {
  const server = await startPostgresql()
  for (const name of DATABASES) await server.query(`CREATE DATABASE ${name}`)
  const as = { port: server.port, user: server.rootUser, password: server.rootPassword }
  return {
    engine: 'PostgreSQL',
    ...as,
    async list() {
      const sql = postgres({ host: HOST, ...as, database: 'postgres', max: 1, fetch_types: false, ssl: false })
      const rows = await sql.unsafe(
        `SELECT datname, pg_catalog.pg_get_userbyid(datdba), pg_catalog.pg_encoding_to_char(encoding), datcollate,
           datallowconn AND pg_catalog.has_database_privilege(oid, 'CONNECT'), datistemplate, datconnlimit
         FROM pg_catalog.pg_database`,
      )
      await sql.end()
      return rows.length
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** The engine speaks to Redis without a driver; beside it stands the shortest exchange that lists: AUTH and INFO keyspace. */
export async function startBareRedis(): Promise<BareListing> {
  const server = await startRedis()
  for (const number of ['0', '3', '7']) await server.command('-n', number, 'SET', 'key', 'value')
  const as = { port: server.port, user: server.rootUser, password: server.rootPassword }
  return {
    engine: 'Redis',
    ...as,
    list: () => keyspaceOf(as),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

function keyspaceOf({ port, user, password }: { port: number; user: string; password: string }): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: HOST, port, noDelay: true }, () => socket.write(`AUTH ${user} ${password}\r\n`))
    let text = ''
    let loggedIn = false
    socket.on('error', reject)
    socket.on('close', () => resolve(text.match(/^db\d+:/gm)?.length ?? 0))
    socket.setEncoding('latin1').on('data', (piece: string) => {
      if (loggedIn) text += piece
      else {
        loggedIn = true
        socket.write('INFO keyspace\r\n')
      }
      // A bulk string: `$LENGTH`, a line end, so many bytes, a line end.
      const head = /^\$(\d+)\r\n/.exec(text)
      if (head !== null && text.length >= head[0].length + Number(head[1]) + 2) socket.end()
    })
  })
}
