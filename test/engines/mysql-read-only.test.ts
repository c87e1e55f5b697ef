import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSession } from './engine-session.ts'
import { OK, refusal, resultOf, startScriptedMysql } from './scripted-mysql.ts'

const UNKNOWN_TABLE = refusal(1109, "Unknown table 'SCHEMATA_EXTENSIONS' in information_schema")

interface Server {
  readonly version?: string
  /** Of `@@global.read_only`. */
  readonly global?: string
  /** What a MySQL with these databases that are read-only by themselves says; undefined: it has no such table. */
  readonly schemas?: readonly string[]
  /** Refuses what starts so. */
  readonly refuses?: RegExp
}

/** What a server that says this is listed as, and the statements that it was sent. */
async function listFrom({ version, global = '0', schemas, refuses }: Server) {
  const statements: string[] = []
  await using server = await startScriptedMysql({
    ...(version === undefined ? {} : { version }),
    answers: [OK],
    statement(sql) {
      const statement = sql.replace(/^\/\* postern \*\/ /, '')
      statements.push(statement)
      if (refuses?.test(statement) === true) return [refusal(1193, 'Unknown system variable')]
      if (statement.startsWith('SET ')) return [OK]
      if (statement.includes('read_only')) return resultOf([['gw@%', global]], 2)
      if (statement === 'SELECT CURRENT_USER()') return resultOf([['gw@%']], 1)
      if (statement === 'SHOW GRANTS') return resultOf([['GRANT SHOW DATABASES ON *.* TO `gw`@`%`']], 1)
      if (statement.includes('SCHEMATA_EXTENSIONS'))
        return schemas === undefined
          ? [UNKNOWN_TABLE]
          : resultOf(
              schemas.map((name) => [name]),
              1,
            )
      return resultOf(
        ['crm', 'shop'].map((name) => [name, 'utf8mb4', 'utf8mb4_bin']),
        3,
      )
    },
  })
  await using session = await openSession({ engine: 'MySQL', port: server.port })
  const { databases, visibility } = await session.listDatabases()
  assert.equal(visibility, 'complete')
  return { readOnly: Object.fromEntries([...databases].map(({ name, readOnly }) => [name, readOnly])), statements }
}

/** How the session was set up. */
const settingsFor = async (server: Server) =>
  (await listFrom(server)).statements.filter((sql) => sql.startsWith('SET SESSION'))

test('MySQL 8: a database that is read-only by itself, and a server that is', async () => {
  assert.deepEqual((await listFrom({ schemas: ['shop'] })).readOnly, { crm: false, shop: true })
  assert.deepEqual((await listFrom({ schemas: ['shop'], global: '1' })).readOnly, { crm: true, shop: true })
  assert.deepEqual((await listFrom({ schemas: [], version: '8.0.22' })).readOnly, { crm: false, shop: false })
  // Where the server does not tell its own setting, only what is known is said.
  const variables = /global/
  assert.deepEqual((await listFrom({ schemas: ['shop'], refuses: variables })).readOnly, { crm: undefined, shop: true })
})

test('row 17: MySQL: a server that does not tell which databases are read-only does not fail, and none is called writable', async () => {
  assert.deepEqual((await listFrom({})).readOnly, { crm: undefined, shop: undefined })
  assert.deepEqual((await listFrom({ global: '1' })).readOnly, { crm: true, shop: true })
})

test('servers before MySQL 8.0.22, and MariaDB, are not asked', async () => {
  for (const version of ['8.0.21', '5.7.44-log', '5.6.29-TDDL-5.4.12', '10.11.6-MariaDB', 'unknown']) {
    const { readOnly, statements } = await listFrom({ version })
    assert.deepEqual(readOnly, { crm: false, shop: false }, version)
    assert.ok(!statements.some((sql) => sql.includes('SCHEMATA_EXTENSIONS')), version)
  }
})

test('the settings of the session are one statement, and one by one where the server does not know them all', async () => {
  const once =
    'SET SESSION transaction_read_only = ON, SESSION lock_wait_timeout = 5, SESSION max_execution_time = 10000'
  assert.deepEqual(await settingsFor({ schemas: [] }), [once])
  assert.deepEqual(await settingsFor({ schemas: [], refuses: /transaction_read_only/ }), [
    once,
    'SET SESSION TRANSACTION READ ONLY',
    'SET SESSION lock_wait_timeout = 5, SESSION max_execution_time = 10000',
  ])
})
