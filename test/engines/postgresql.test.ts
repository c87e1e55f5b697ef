import { postgresqlEngine } from '../../src/engines/postgresql.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { findPostgresql, startPostgresql } from '../fixtures/postgresql.ts'
import { USER } from './engine-session.ts'
import { engineSuite } from './engine-suite.ts'

const quote = (name: string) => `"${name.replaceAll('"', '""')}"`

engineSuite({
  name: 'PostgreSQL',
  givenAs: 'PostgreSQL',
  skip: findPostgresql() === undefined && 'PostgreSQL is not on this machine (Debian: postgresql)',
  product: 'PostgreSQL',
  names: ['shop', 'crm_中文', 'we`ird"name', "it's", 'A', 'ｚ', '😀', 'back\\slash', 'with space'],
  others: ['postgres'],
  system: ['template0', 'template1'],
  grants: (name) => postgresqlEngine.grants(name),
  otherLooksLike: /MySQL/,
  startOther: async () => (findMariadb() === undefined ? undefined : startMariadb()),
  async start({ tls }) {
    const server = await startPostgresql(tls === undefined ? {} : { tls })
    const activity = (name: string) =>
      server.query(
        `SELECT application_name, ssl FROM pg_stat_activity LEFT JOIN pg_stat_ssl USING (pid) WHERE usename = '${name}'`,
      )
    return {
      port: server.port,
      async createUser(name, password) {
        await server.query(`CREATE ROLE ${quote(name)} LOGIN PASSWORD '${password}'`)
      },
      async createDatabase(name) {
        await server.query(`CREATE DATABASE ${quote(name)}`)
      },
      sessionsOf: async (name) => (await activity(name)).length,
      markOf: async (name) => String((await activity(name))[0]?.['application_name']),
      usesTls: async () => (await activity(USER)).some((row) => row['ssl'] === true),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    }
  },
})
