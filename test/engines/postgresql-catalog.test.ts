import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { findPostgresql, startPostgresql } from '../fixtures/postgresql.ts'
import postgres from 'postgres'
import { type Login, openSession, PASSWORD, rejection, USER } from './engine-session.ts'
import { postgresqlVersions } from './postgresql-versions.ts'

const skip = findPostgresql() === undefined && 'PostgreSQL is not on this machine (Debian: postgresql)'
const at = (port: number, over: Partial<Login> = {}): Login => ({ engine: 'PostgreSQL', port, ...over })

for (const program of [undefined, ...postgresqlVersions().programs]) {
  const on = program === undefined ? {} : { program }
  const version = program === undefined ? '' : ` (version ${program.version})`
  describe(`what PostgreSQL tells of its databases${version}`, {
    skip: program === undefined && skip,
    timeout: 60_000,
  }, () => {
    test('owner, encoding, collation, connectable, templates, what the clouds run, and an interrupted drop (peers case 11)', async () => {
      await using server = await startPostgresql(on)
      await server.query(`CREATE ROLE ${USER} LOGIN PASSWORD '${PASSWORD}'`)
      await server.query('CREATE ROLE "Ö""wner"')
      await server.query('CREATE DATABASE shop OWNER "Ö""wner"')
      await server.query('CREATE DATABASE closed')
      await server.query('REVOKE CONNECT ON DATABASE closed FROM PUBLIC')
      await server.query('CREATE DATABASE rdsadmin')
      await server.query("CREATE DATABASE old ENCODING 'LATIN1' TEMPLATE template0")
      await server.query('CREATE DATABASE my_template IS_TEMPLATE true')
      await server.query('CREATE DATABASE half')
      await server.query("UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'half'")
      await using session = await openSession(at(server.port))
      const { databases, visibility } = await session.listDatabases()
      assert.equal(visibility, 'complete')
      const find = (name: string) => [...databases].find((record) => record.name === name)
      assert.deepEqual(find('shop'), {
        name: 'shop',
        kind: 'database',
        system: false,
        owner: 'Ö"wner',
        charset: 'UTF8',
        collation: 'C',
        connectable: true,
      })
      assert.equal(find('closed')?.connectable, false)
      assert.equal(find('closed')?.system, false)
      assert.equal(find('old')?.charset, 'LATIN1')
      assert.equal(find('half')?.state, 'invalid')
      assert.deepEqual(
        [...databases].filter(({ system }) => system).map(({ name }) => name),
        ['my_template', 'rdsadmin', 'template0', 'template1'],
      )
    })

    test('names that are not UTF-8 keep their bytes, whichever database one logs in to', async () => {
      await using server = await startPostgresql({ ...on, encoding: 'SQL_ASCII' })
      await server.query(`CREATE ROLE ${USER} LOGIN PASSWORD '${PASSWORD}'`)
      await server.query("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
      await server.query("CREATE DATABASE utf ENCODING 'UTF8' TEMPLATE template0")
      await server.query("DO $$ BEGIN EXECUTE 'SELECT 1'; END $$")
      // The bytes of "caf" and an é in Latin-1: a byte that is not UTF-8. The catalog takes it as it is.
      await server.query('CREATE DATABASE placeholder')
      await server.query(
        "UPDATE pg_database SET datname = convert_from('\\x636166e9'::bytea, 'SQL_ASCII')::name WHERE datname = 'placeholder'",
      )
      await server.query('CREATE DATABASE "crm_中文"')
      for (const database of ['postgres', 'latin', 'utf']) {
        await using session = await openSession(at(server.port, { database }))
        const { databases } = await session.listDatabases()
        const strange = [...databases].filter((record) => record.nameBase64 !== undefined)
        assert.deepEqual(
          strange.map(({ name, nameBase64 }) => [name, nameBase64]),
          [['caf\ufffd', Buffer.from([0x63, 0x61, 0x66, 0xe9]).toString('base64')]],
          `from ${database}`,
        )
        assert.ok(
          [...databases].some(({ name }) => name === 'crm_中文'),
          `from ${database}`,
        )
      }
    })

    // Seconds long, and the same in every version.
    if (program !== undefined) return
    test('a locked catalog ends at the lock timeout, and the server has no statement of ours left', async () => {
      await using server = await startPostgresql(on)
      await server.query(`CREATE ROLE ${USER} LOGIN PASSWORD '${PASSWORD}'`)
      await using session = await openSession(at(server.port, { queryMs: 4000 }))
      const locker = postgres({
        host: '127.0.0.1',
        port: server.port,
        user: 'postgres',
        password: server.rootPassword,
        database: 'postgres',
        max: 1,
      })
      try {
        await locker.unsafe('BEGIN; LOCK TABLE pg_database IN ACCESS EXCLUSIVE MODE')
        const listing = rejection(session.listDatabases())
        let running = ''
        while (!running.startsWith('/* postern */ BEGIN READ ONLY')) {
          const [row] = await locker.unsafe(
            `SELECT query, pg_stat_clear_snapshot() FROM pg_stat_activity WHERE usename = '${USER}'`,
          )
          running = String(row?.['query'])
        }
        const error = await listing
        assert.equal(error.code, 'Task.ExecutionTimedOut')
        assert.match(error.message, /Step list/)
        await locker.unsafe('COMMIT')
      } finally {
        await locker.end()
      }
    })
  })
}
