import { test } from 'node:test'
import { mysqlEngine } from '../../src/engines/mysql.ts'
import type { ServerCertificate } from '../fixtures/certificates.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { findMysqld, startMysqld } from '../fixtures/mysqld.ts'
import { findPostgresql, startPostgresql } from '../fixtures/postgresql.ts'
import { USER } from './engine-session.ts'
import { engineSuite } from './engine-suite.ts'
import type { EngineUnderTest, TestDatabase } from './engine-under-test.ts'

const user = (name: string) => `\`${name}\`@\`%\``

interface Server extends AsyncDisposable {
  readonly port: number
  query(sql: string): Promise<readonly Record<string, unknown>[]>
}

const underTest = (
  name: 'MariaDB' | 'MySQL',
  start: (tls: { readonly tls?: ServerCertificate }) => Promise<Server>,
): EngineUnderTest => ({
  name,
  givenAs: 'MySQL',
  skip: false,
  product: name,
  names: ['shop', 'crm_中文', 'we`ird"name', "it's", 'A', 'ｚ', 'with space', 'd%o'],
  others: [],
  system: ['information_schema', 'mysql', 'performance_schema', 'sys'],
  grants: (account) => mysqlEngine(name).grants(account),
  otherLooksLike: /PostgreSQL/,
  startOther: async () => (findPostgresql() === undefined ? undefined : startPostgresql()),
  start: async ({ tls }) => testDatabase(await start(tls === undefined ? {} : { tls })),
})

function testDatabase(server: Server): TestDatabase {
  // Not information_schema.PROCESSLIST, which MySQL is giving up.
  const threads = (name: string) =>
    server.query(
      `SELECT PROCESSLIST_ID, CONNECTION_TYPE FROM performance_schema.threads WHERE PROCESSLIST_USER = '${name}'`,
    )
  return {
    port: server.port,
    async createUser(name, password) {
      await server.query(`CREATE USER ${user(name)} IDENTIFIED BY '${password}'`)
      await server.query(`GRANT SHOW DATABASES ON *.* TO ${user(name)}`)
    },
    async createDatabase(name) {
      await server.query(`CREATE DATABASE \`${name.replaceAll('`', '``')}\``)
    },
    sessionsOf: async (name) => (await threads(name)).length,
    async markOf(name) {
      const rows = await server.query(
        `SELECT ATTR_VALUE FROM performance_schema.session_connect_attrs a
         JOIN performance_schema.threads t ON t.PROCESSLIST_ID = a.PROCESSLIST_ID
         WHERE t.PROCESSLIST_USER = '${name}' AND ATTR_NAME = 'program_name'`,
      )
      return String(rows[0]?.['ATTR_VALUE'])
    },
    usesTls: async () => (await threads(USER)).some((row) => row['CONNECTION_TYPE'] === 'SSL/TLS'),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

const args = ['--performance-schema=ON']
engineSuite({
  ...underTest('MariaDB', (tls) => startMariadb({ ...tls, args })),
  skip: findMariadb() === undefined && 'MariaDB is not on this machine (Debian: mariadb-server)',
})

const program = findMysqld()
if (program === undefined)
  test("MySQL as an engine on Oracle's server", { skip: 'no mysqld that is not of MariaDB is on PATH' }, () => {})
else engineSuite({ ...underTest('MySQL', startMysqld), version: program.version })
