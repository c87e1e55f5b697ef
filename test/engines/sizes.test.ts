import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createConnection } from 'mariadb'
import postgres from 'postgres'
import type { DatabaseSize } from '../../src/engines/engine.ts'
import { mongodbGrants } from '../../src/engines/mongodb-grants.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { startMongodb } from '../fixtures/mongodb.ts'
import { findPostgresql, startPostgresql } from '../fixtures/postgresql.ts'
import { startSqlserver } from '../fixtures/sqlserver.ts'
import { type Login, openSession, PASSWORD, rejection, USER } from './engine-session.ts'

const noMariadb = findMariadb() === undefined && 'MariaDB is not on this machine (Debian: mariadb-server)'
const noPostgresql = findPostgresql() === undefined && 'PostgreSQL is not on this machine (Debian: postgresql)'

/** What is told after a list, and why some may be missing. */
async function measure(login: Login, ms = 10_000) {
  await using session = await openSession(login)
  await session.listDatabases()
  const sizes = new Map<string, number>()
  const missing = await session.measure?.(ms, ({ name, bytes }: DatabaseSize) => void sizes.set(name, bytes))
  return { sizes, missing }
}

describe('sizes that MariaDB tells', { skip: noMariadb, timeout: 60_000 }, () => {
  test('data and indexes of all tables, 0 without any; nothing where the account does not see every table', async () => {
    await using server = await startMariadb()
    for (const name of ['shop', 'bare']) await server.query(`CREATE DATABASE ${name}`)
    await server.query('CREATE TABLE shop.a (n INT, KEY (n)) ENGINE=MyISAM')
    await server.query('CREATE TABLE shop.b (t VARCHAR(1000)) ENGINE=MyISAM')
    await server.query("INSERT INTO shop.b SELECT REPEAT('x', 1000) FROM shop.seq_1_to_500")
    await server.query('CREATE VIEW bare.v AS SELECT * FROM shop.a')
    await server.query("CREATE USER lister@'%' IDENTIFIED BY 'secret'")
    await server.query("GRANT SHOW DATABASES ON *.* TO lister@'%'")
    await server.query("GRANT SELECT ON shop.a TO lister@'%'")
    const login = { engine: 'MariaDB', port: server.port, user: 'lister', password: 'secret' } as const

    const narrow = await measure(login)
    assert.equal(narrow.sizes.size, 0, 'one table of two is no size of the database')
    await server.query(narrow.missing?.grant ?? '')
    const { sizes } = await measure(login)
    const [row] = await server.query(
      "SELECT CAST(SUM(DATA_LENGTH + INDEX_LENGTH) AS DOUBLE) AS bytes FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'shop'",
    )
    assert.equal(sizes.get('shop'), row?.['bytes'])
    assert.ok((sizes.get('shop') ?? 0) > 500_000)
    assert.equal(sizes.get('bare'), 0)
  })

  test('each privilege that counts shows every table', async () => {
    await using server = await startMariadb()
    await server.query('CREATE DATABASE shop')
    await server.query('CREATE TABLE shop.b (t VARCHAR(1000)) ENGINE=MyISAM')
    await server.query("INSERT INTO shop.b VALUES ('x')")
    const names = [
      'SELECT',
      'INSERT',
      'UPDATE',
      'DELETE',
      'CREATE',
      'DROP',
      'REFERENCES',
      'INDEX',
      'ALTER',
      'SHOW VIEW',
      'TRIGGER',
    ]
    for (const [index, privilege] of ['ALL PRIVILEGES', ...names].entries()) {
      const user = `u${index}`
      await server.query(`CREATE USER ${user} IDENTIFIED BY 'secret'`)
      await server.query(`GRANT ${privilege} ON *.* TO ${user}`)
      const { sizes } = await measure({ engine: 'MariaDB', port: server.port, user, password: 'secret' })
      assert.ok((sizes.get('shop') ?? 0) > 0, privilege)
    }
  })

  test('a table that is locked takes no longer than the budget', async () => {
    await using server = await startMariadb()
    await server.query('CREATE DATABASE shop')
    await server.query('CREATE TABLE shop.a (n INT)')
    const { port, rootUser: user, rootPassword: password } = server
    const locker = await createConnection({ host: '127.0.0.1', port, user, password })
    try {
      await locker.query('LOCK TABLES shop.a WRITE')
      const began = performance.now()
      await using session = await openSession({ engine: 'MariaDB', port, user, password })
      await session.listDatabases()
      // Whether a version waits for the lock or leaves the table out is its own.
      await session.measure?.(500, () => {}).catch((error: unknown) => assert.match(String(error), /query|interrupted/))
      assert.ok(performance.now() - began < 5_000)
    } finally {
      await locker.end()
    }
  })
})

describe('sizes that PostgreSQL tells', { skip: noPostgresql, timeout: 60_000 }, () => {
  test('of databases that the user may connect to; the grant in the answer shows the others', async () => {
    await using server = await startPostgresql()
    await server.query(`CREATE ROLE ${USER} LOGIN PASSWORD '${PASSWORD}'`)
    await server.query('CREATE DATABASE shop')
    await server.query('CREATE DATABASE closed')
    await server.query('REVOKE CONNECT ON DATABASE closed FROM PUBLIC')
    const narrow = await measure({ engine: 'PostgreSQL', port: server.port })
    assert.deepEqual([narrow.sizes.has('shop'), narrow.sizes.has('closed')], [true, false])
    await server.query(narrow.missing?.grant ?? '')
    const { sizes } = await measure({ engine: 'PostgreSQL', port: server.port })
    for (const name of ['shop', 'closed']) {
      const [row] = await server.query(`SELECT pg_database_size('${name}')::float8 AS bytes`)
      assert.equal(sizes.get(name), row?.['bytes'], name)
    }
  })

  test('a statement that waits for a lock ends with the budget, and the session with it', async () => {
    await using server = await startPostgresql()
    await server.query(`CREATE ROLE ${USER} LOGIN PASSWORD '${PASSWORD}'`)
    const { port, rootPassword: password } = server
    const locker = postgres({ host: '127.0.0.1', port, user: 'postgres', password, database: 'postgres', max: 1 })
    try {
      await using session = await openSession({ engine: 'PostgreSQL', port })
      await session.listDatabases()
      await locker.unsafe('BEGIN; LOCK TABLE pg_database IN ACCESS EXCLUSIVE MODE')
      const began = performance.now()
      const error = await rejection(session.measure?.(300, () => {}) ?? Promise.resolve())
      assert.equal(error.code, 'Task.ExecutionTimedOut')
      assert.ok(performance.now() - began < 3_000)
      await locker.unsafe('COMMIT')
    } finally {
      await locker.end()
    }
  })
})

test('MongoDB (stand-in): sizeOnDisk, asked for with the budget as its limit', async () => {
  await using server = await startMongodb()
  server.script(`db.getSiblingDB("admin").createUser({ user: "${USER}", pwd: "${PASSWORD}", roles: [] })`)
  for (const { statement } of mongodbGrants(USER)) server.script(statement)
  server.createDatabase('crm')
  const { sizes } = await measure({ engine: 'MongoDB', port: server.port }, 700)
  assert.equal(sizes.get('crm'), 4096 * 3)
  const [names, whole] = server.commands.filter((command) => 'listDatabases' in command)
  assert.deepEqual([names?.['nameOnly'], whole?.['nameOnly'], whole?.['maxTimeMS']], [true, false, 700])
})

test('SQL Server (stand-in): the sums of the files that the login sees, also beyond 4 GiB', async () => {
  await using server = await startSqlserver()
  server.setUser(USER, { password: PASSWORD })
  server.addDatabase({ name: 'crm', sizeBytes: 50_000_003_072 })
  server.addDatabase({ name: 'hidden' })
  const { sizes, missing } = await measure({ engine: 'MSSQL', port: server.port })
  assert.deepEqual([...sizes], [['crm', 50_000_003_072]])
  assert.equal(missing?.grant, `GRANT VIEW ANY DEFINITION TO [${USER}]`)
})
