import { mysqlEngine } from '../../src/engines/mysql.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { findPostgresql, startPostgresql } from '../fixtures/postgresql.ts'
import { USER } from './engine-session.ts'
import { engineSuite } from './engine-suite.ts'

const user = (name: string) => `\`${name}\`@\`%\``

engineSuite({
  name: 'MariaDB',
  givenAs: 'MySQL',
  skip: findMariadb() === undefined && 'MariaDB is not on this machine (Debian: mariadb-server)',
  product: 'MariaDB',
  names: ['shop', 'crm_中文', 'we`ird"name', "it's", 'A', 'ｚ', 'with space', 'd%o'],
  others: [],
  system: ['information_schema', 'mysql', 'performance_schema', 'sys'],
  grants: (name) => mysqlEngine('MariaDB').grants(name),
  otherLooksLike: /PostgreSQL/,
  startOther: async () => (findPostgresql() === undefined ? undefined : startPostgresql()),
  async start({ tls }) {
    const server = await startMariadb({ ...(tls === undefined ? {} : { tls }), args: ['--performance-schema=ON'] })
    const sessions = (name: string) =>
      server.query(`SELECT ID FROM information_schema.PROCESSLIST WHERE USER = '${name}'`)
    return {
      port: server.port,
      async createUser(name, password) {
        await server.query(`CREATE USER ${user(name)} IDENTIFIED BY '${password}'`)
        await server.query(`GRANT SHOW DATABASES ON *.* TO ${user(name)}`)
      },
      async createDatabase(name) {
        await server.query(`CREATE DATABASE \`${name.replaceAll('`', '``')}\``)
      },
      sessionsOf: async (name) => (await sessions(name)).length,
      async markOf(name) {
        const rows = await server.query(
          `SELECT ATTR_VALUE FROM performance_schema.session_connect_attrs a
           JOIN information_schema.PROCESSLIST p ON p.ID = a.PROCESSLIST_ID
           WHERE p.USER = '${name}' AND ATTR_NAME = 'program_name'`,
        )
        return String(rows[0]?.['ATTR_VALUE'])
      },
      async usesTls() {
        const rows = await server.query(
          `SELECT CONNECTION_TYPE FROM performance_schema.threads WHERE PROCESSLIST_USER = '${USER}'`,
        )
        return rows.some((row) => row['CONNECTION_TYPE'] === 'SSL/TLS')
      },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    }
  },
})
