import { test } from 'node:test'
import { postgresqlEngine } from '../../src/engines/postgresql.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { findPostgresql, type PostgresqlProgram, startPostgresql } from '../fixtures/postgresql.ts'
import { USER } from './engine-session.ts'
import { engineSuite } from './engine-suite.ts'
import type { EngineUnderTest } from './engine-under-test.ts'
import { postgresqlVersions } from './postgresql-versions.ts'

const quote = (name: string) => `"${name.replaceAll('"', '""')}"`

/** On the PostgreSQL of this machine, or on another one. */
const postgresql = (program?: PostgresqlProgram): EngineUnderTest => ({
  name: 'PostgreSQL',
  givenAs: 'PostgreSQL',
  ...(program === undefined ? {} : { version: program.version }),
  skip:
    program === undefined && findPostgresql() === undefined && 'PostgreSQL is not on this machine (Debian: postgresql)',
  product: 'PostgreSQL',
  names: ['shop', 'crm_中文', 'we`ird"name', "it's", 'A', 'ｚ', '😀', 'back\\slash', 'with space'],
  others: ['postgres'],
  system: ['template0', 'template1'],
  grants: (name) => postgresqlEngine.grants(name),
  otherLooksLike: /MySQL/,
  startOther: async () => (findMariadb() === undefined ? undefined : startMariadb()),
  async start({ tls }) {
    const server = await startPostgresql({
      ...(program === undefined ? {} : { program }),
      ...(tls === undefined ? {} : { tls }),
    })
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

engineSuite(postgresql())

const { programs, missing } = postgresqlVersions()
for (const program of programs) engineSuite(postgresql(program))
if (missing !== undefined) test('PostgreSQL as an engine on several versions', { skip: missing }, () => {})
