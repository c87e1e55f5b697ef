import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { findPostgresql, startPostgresql } from '../fixtures/postgresql.ts'
import { findRedis, startRedis } from '../fixtures/redis.ts'
import { startSilentServer } from '../fixtures/silent-server.ts'
import { openSession } from './engine-session.ts'
import { startScriptedMysql } from './scripted-mysql.ts'

const withoutMariadb = findMariadb() === undefined && 'MariaDB is not on this machine (Debian: mariadb-server)'
const withoutPostgresql = findPostgresql() === undefined && 'PostgreSQL is not on this machine (Debian: postgresql)'
const withoutRedis = !findRedis() && 'Redis is not on this machine (Debian: redis-server)'
/** No resolver has an address for it: whoever asks one fails. */
const NO_SUCH_NAME = 'db.invalid'

test('row 31: MySQL dials the checked address and resolves no name', { skip: withoutMariadb }, async () => {
  await using server = await startMariadb()
  const login = { user: server.rootUser, password: server.rootPassword, host: NO_SUCH_NAME }
  await using session = await openSession({ engine: 'MariaDB', port: server.port, ...login })
  assert.equal((await session.serverInfo()).product, 'MariaDB')
})

test('row 31: PostgreSQL dials the checked address and resolves no name', { skip: withoutPostgresql }, async () => {
  await using server = await startPostgresql()
  const login = { user: server.rootUser, password: server.rootPassword, host: NO_SUCH_NAME }
  await using session = await openSession({ engine: 'PostgreSQL', port: server.port, ...login })
  assert.equal((await session.serverInfo()).product, 'PostgreSQL')
})

test('row 31: Redis dials the checked address and resolves no name', { skip: withoutRedis }, async () => {
  await using server = await startRedis()
  const login = { user: server.rootUser, password: server.rootPassword, host: NO_SUCH_NAME }
  await using session = await openSession({ engine: 'Redis', port: server.port, ...login })
  assert.equal((await session.serverInfo()).product, 'Redis')
})

test('row 31: a MySQL server that names another address is not followed', async () => {
  await using other = await startSilentServer()
  const redirect = okThatRedirects(`mysql://gw_lister@127.0.0.1:${other.port}/`)
  await using server = await startScriptedMysql({ answers: [redirect] })
  // The scripted server says nothing more: whatever becomes of the login, it ends, and nobody dials elsewhere.
  await openSession({ engine: 'MySQL', port: server.port, connectMs: 1_000, queryMs: 1_000 }).then(
    (session) => session[Symbol.asyncDispose](),
    () => {},
  )
  assert.equal(other.accepted, 0)
})

/** The end of a login whose session state says where to go instead, as MariaDB 11.3 and Azure do. */
function okThatRedirects(url: string): Buffer {
  const variable = Buffer.concat([lengthEncoded('redirect_url'), lengthEncoded(url)])
  const change = Buffer.concat([Buffer.from([0, variable.length]), variable])
  // Affected rows, insert id, status (autocommit, session state changed), warnings, no text.
  return Buffer.concat([Buffer.from([0, 0, 0, 0x02, 0x40, 0, 0, 0, change.length]), change])
}

const lengthEncoded = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)])
