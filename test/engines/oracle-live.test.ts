import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSession, rejection } from './engine-session.ts'
import { addressOf, givenServer, variableOf } from './given-server.ts'

const given = givenServer('Oracle')
const skip = given === undefined && `${variableOf('Oracle')} names no server`

test('a real Oracle: its role, and a service that it does not know', { skip, timeout: 60_000 }, async () => {
  assert.ok(given !== undefined)
  const { host, port, user, password, database, tls } = given
  const login = { engine: 'Oracle', host, address: await addressOf(given), port, user, password, tls } as const
  await using session = await openSession({ ...login, ...(database === undefined ? {} : { serviceName: database }) })
  assert.notEqual((await session.serverInfo()).role, 'unknown')
  const error = await rejection(openSession({ ...login, serviceName: 'NO_SUCH_SERVICE' }))
  assert.equal(error.code, 'Database.NotListable')
  assert.match(error.message, /ORA-12514/)
})
