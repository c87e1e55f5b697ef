import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { ENGINES } from '../../src/engines/list.ts'
import { DATABASE_TYPE_NAMES, type DatabaseType } from '../../src/model/database-type.ts'
import { openSession, rejection } from '../engines/engine-session.ts'
import { findMariadb, type MariadbServer, startMariadb } from '../fixtures/mariadb.ts'
import { startMongodb } from '../fixtures/mongodb.ts'
import { findPostgresql, type PostgresqlServer, startPostgresql } from '../fixtures/postgresql.ts'
import { findRedis, startRedis } from '../fixtures/redis.ts'

const page = readFileSync(new URL('../../docs/guide/least-privilege.md', import.meta.url), 'utf8')
const USER = 'postern'
const PASSWORD = 'choose a password'
const ALL = ['crm', 'shop']

/** The statements of the section whose heading names the engine. */
function statementsFor(engine: DatabaseType): readonly string[] {
  const section = page.split(/^## /m).find((each) => (each.split('\n')[0] ?? '').split(/ and /).includes(engine)) ?? ''
  const block = /^```(?:sql|redis|js)\n([^]*?)^```$/m.exec(section)?.[1] ?? ''
  return block.split(/;?\n/).filter((statement) => statement.trim() !== '')
}

test('every engine has its statements on the page, and the grants are those that warnings tell', async () => {
  for (const name of DATABASE_TYPE_NAMES) {
    const [create, ...grants] = statementsFor(name)
    const engine = await ENGINES[name]()
    assert.match(create ?? '', /^(CREATE (USER|ROLE|LOGIN) |ACL SETUSER |db\..*createUser)/, name)
    assert.deepEqual(
      grants,
      engine.grants(name === 'Oracle' ? 'c##postern' : USER).map(({ statement }) => statement),
      name,
    )
  }
})

const withoutMariadb = findMariadb() === undefined && 'MariaDB is not on this machine (Debian: mariadb-server)'

describe('the MySQL and MariaDB users of the page, on a MariaDB', { skip: withoutMariadb }, () => {
  let server: MariadbServer
  before(async () => {
    server = await startMariadb()
    for (const name of ALL) await server.query(`CREATE DATABASE ${name}`)
  })
  after(() => server[Symbol.asyncDispose]())

  for (const engine of ['MySQL', 'MariaDB', 'DRDS'] as const) {
    test(`${engine}: complete with all statements, partial with one fewer`, async () => {
      const statements = statementsFor(engine)
      assert.ok(statements.length >= 2, 'a user and a grant')
      try {
        for (const statement of statements.slice(0, -1)) await server.query(statement)
        const fewer = await list(engine)
        assert.equal(fewer.visibility, 'partial')
        assert.deepEqual(fewer.names, [])
        assert.equal(fewer.warnings[0]?.grant, statements.at(-1))
        await server.query(statements.at(-1) ?? '')
        const all = await list(engine)
        assert.equal(all.visibility, 'complete')
        assert.deepEqual(all.names, ALL)
      } finally {
        await server.query(`DROP USER IF EXISTS ${USER}`)
      }
    })
  }

  test('MariaDB: a role counts only where it is the default role', async () => {
    const [create = '', grant = ''] = statementsFor('MariaDB')
    try {
      await server.query(create)
      await server.query('CREATE ROLE lister')
      await server.query(grant.replace(/ TO .*/, ' TO lister'))
      await server.query(`GRANT lister TO ${USER}`)
      assert.equal((await list('MariaDB')).visibility, 'partial')
      await server.query(`SET DEFAULT ROLE lister FOR ${USER}`)
      assert.equal((await list('MariaDB')).visibility, 'complete')
    } finally {
      await server.query(`DROP USER IF EXISTS ${USER}`)
    }
  })

  const list = (engine: DatabaseType) => listAs(engine, server.port)
})

const withoutPostgresql = findPostgresql() === undefined && 'PostgreSQL is not on this machine (Debian: postgresql)'

describe('the PostgreSQL user of the page, on a PostgreSQL', { skip: withoutPostgresql }, () => {
  let server: PostgresqlServer
  before(async () => {
    server = await startPostgresql()
    for (const name of ALL) await server.query(`CREATE DATABASE ${name}`)
  })
  after(() => server[Symbol.asyncDispose]())

  test('the user alone is complete; where CONNECT was taken from PUBLIC, the grant is needed and enough', async () => {
    const [create = '', grant = '', ...more] = statementsFor('PostgreSQL')
    assert.deepEqual(more, [])
    await server.query(create)
    const names = ['crm', 'postgres', 'shop']
    const usual = await listAs('PostgreSQL', server.port)
    assert.deepEqual([usual.visibility, usual.names], ['complete', names])
    for (const database of ['postgres', 'template1']) {
      await server.query(`REVOKE CONNECT ON DATABASE ${database} FROM PUBLIC`)
    }
    const refused = await rejection(listAs('PostgreSQL', server.port))
    assert.equal(refused.code, 'Database.PrivilegeMissing')
    assert.ok(refused.message.includes(grant), refused.message)
    await server.query(grant)
    const granted = await listAs('PostgreSQL', server.port)
    assert.deepEqual([granted.visibility, granted.names], ['complete', names])
  })
})

const withoutRedis = !findRedis() && 'Redis is not on this machine (Debian: redis-server)'

test('the Redis user of the page: complete with both statements, nothing with one fewer', {
  skip: withoutRedis,
}, async () => {
  const [create = '', grant = '', ...more] = statementsFor('Redis')
  assert.deepEqual(more, [])
  await using server = await startRedis()
  for (const number of ['10', '2']) await server.command('-n', number, 'SET', 'key', 'value')
  await server.script(create)
  const refused = await rejection(listAs('Redis', server.port))
  assert.equal(refused.code, 'Database.PrivilegeMissing')
  await server.script(grant)
  const granted = await listAs('Redis', server.port)
  assert.deepEqual(granted, { visibility: 'complete', warnings: [], names: ['db2', 'db10'] })
})

test('the MongoDB user of the page, on a stand-in: complete with all lines, partial with one fewer', async () => {
  await using server = await startMongodb()
  for (const name of ALL) server.createDatabase(name)
  const statements = statementsFor('MongoDB')
  for (const statement of statements.slice(0, -1)) server.script(statement)
  const fewer = await listAs('MongoDB', server.port)
  assert.deepEqual([fewer.visibility, fewer.names], ['partial', []])
  assert.ok(fewer.warnings[0]?.grant?.endsWith(statements.at(-1) ?? 'nothing'))
  server.script(statements.at(-1) ?? '')
  const all = await listAs('MongoDB', server.port)
  assert.deepEqual([all.visibility, all.names], ['complete', ALL])
})

async function listAs(engine: DatabaseType, port: number) {
  await using session = await openSession({ engine, port, user: USER, password: PASSWORD })
  const { databases, visibility, warnings } = await session.listDatabases()
  return { visibility, warnings, names: [...databases].filter(({ system }) => !system).map(({ name }) => name) }
}
