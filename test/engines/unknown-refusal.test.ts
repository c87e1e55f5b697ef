import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DatabaseType } from '../../src/model/database-type.ts'
import { startMongodb } from '../fixtures/mongodb.ts'
import { startOracle } from '../fixtures/oracle.ts'
import { startSqlserver } from '../fixtures/sqlserver.ts'
import { doneToken, errorToken } from '../fixtures/tds-tokens.ts'
import { openSession, PASSWORD, rejection, USER } from './engine-session.ts'
import { OK, startScriptedMysql } from './scripted-mysql.ts'
import { authentication, failure, message, READY, startScriptedPostgresql } from './scripted-postgresql.ts'
import { startScriptedRedis } from './scripted-redis.ts'

/* A refusal with a number that no table of ours has is the server's, never a fault of ours. */

type Step = 'login' | 'list'
type Refusing = { readonly port: number } & AsyncDisposable

/** What the server says: the password too, where it has got it. */
const WORDS = 'The moon is in the wrong phase'
const mysqlError = Buffer.concat([Buffer.from([0xff, 0x0f, 0x27]), Buffer.from(`#HY000${WORDS} for ${PASSWORD}`)])
const sqlError = errorToken({ number: 9999, message: `${WORDS} for ${PASSWORD}` })
const selected = Buffer.concat([message('C', Buffer.from('SELECT 1\0')), READY])
const refuse = () => failure('XX999', `${WORDS} for ${PASSWORD}`)
const welcome = () => Buffer.concat([authentication(0), READY])
const oracleSays = { error: 9999, words: `ORA-09999: ${WORDS} for ${PASSWORD}` }

const SERVERS: readonly (readonly [DatabaseType, says: RegExp, start: (at: Step) => Promise<Refusing>])[] = [
  [
    'MySQL',
    /phase for \*\*\* \(9999\)/,
    (at) =>
      startScriptedMysql({
        answers: at === 'login' ? [mysqlError] : [OK, ...Array.from({ length: 20 }, () => mysqlError)],
      }),
  ],
  [
    'PostgreSQL',
    /phase for \*\*\* \(XX999\)/,
    (at) => {
      const no = () => Buffer.concat([refuse(), READY])
      const queries = Array.from({ length: 20 }, () => no)
      return startScriptedPostgresql({ answers: at === 'login' ? [refuse] : [welcome, () => selected, ...queries] })
    },
  ],
  [
    'MongoDB',
    /phase for \*\*\* \(9999 Lunacy\)/,
    async (at) => {
      const server = await startMongodb({
        override: (command) =>
          (at === 'login' ? 'saslContinue' : 'listDatabases') in command
            ? { ok: 0, code: 9999, codeName: 'Lunacy', errmsg: `${WORDS} for ${PASSWORD}` }
            : undefined,
      })
      server.script(`db.getSiblingDB("admin").createUser({ user: "${USER}", pwd: "${PASSWORD}", roles: [] })`)
      return server
    },
  ],
  [
    'Oracle',
    /ORA-09999: .*phase for \*\*\*/,
    async (at) => {
      const server = await startOracle()
      server.users.set(USER.toUpperCase(), { password: PASSWORD, refused: { at, ...oracleSays } })
      return server
    },
  ],
  [
    'MSSQL',
    /phase for \*\*\* \(9999\)/,
    async (at) => {
      const server = await startSqlserver({
        ...(at === 'login' && {
          onLogin: (connection) => {
            connection.answer(sqlError, doneToken({ failed: true }))
            connection.end()
          },
        }),
        onStatement: (sql) =>
          sql.includes('sys.databases') ? { number: 9999, message: `${WORDS} for ${PASSWORD}` } : undefined,
      })
      server.setUser(USER, { password: PASSWORD })
      return server
    },
  ],
  [
    'Redis',
    /LUNACY .*phase for \*\*\*/,
    (at) => startScriptedRedis({ [at === 'login' ? 'AUTH' : 'INFO KEYSPACE']: `-LUNACY ${WORDS} for ${PASSWORD}\r\n` }),
  ],
]

for (const [engine, says, start] of SERVERS) {
  for (const [step, code] of [
    ['login', 'Database.AuthenticationFailed'],
    ['list', 'Database.NotListable'],
  ] as const) {
    test(`row 17: ${engine}: an error that nobody knows at the ${step} is ${code}, with number, words and what to do`, async () => {
      await using server = await start(step)
      const error = await rejection(list(engine, server.port))
      assert.equal(error.code, code, error.message)
      assert.match(error.message, says)
      assert.match(error.message, new RegExp(`User "${USER}"`))
      assert.match(error.message, /The gateway does not know this error: the manual of the server, or its log/)
      assert.doesNotMatch(`${error.message} ${String(error.cause)}`, new RegExp(PASSWORD))
    })
  }
}

test('Oracle: a listener that refuses with a number that nobody knows', async () => {
  await using server = await startOracle({ listener: { refuse: 12_999 } })
  const error = await rejection(list('Oracle', server.port))
  assert.equal(error.code, 'Database.NotListable')
  assert.match(error.message, /The listener refused with ORA-12999\. The gateway does not know this error/)
})

async function list(engine: DatabaseType, port: number) {
  await using session = await openSession({ engine, port, connectMs: 5000, queryMs: 5000 })
  await session.serverInfo()
  return await session.listDatabases()
}
