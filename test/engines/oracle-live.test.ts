import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareCodePoints } from '../../src/model/listing.ts'
import { openSession, rejection } from './engine-session.ts'

/** `127.0.0.1:1521`; the user may list everything. The service is POSTERN_TEST_ORACLE_SERVICE, else FREE. */
const ADDRESS = process.env['POSTERN_TEST_ORACLE']
const skip = ADDRESS === undefined && 'POSTERN_TEST_ORACLE=address:port, …_USER, …_PASSWORD name no Oracle'

test('a real Oracle: its list, its version, and a service that it does not know', {
  skip,
  timeout: 60_000,
}, async () => {
  const [address = '', port = ''] = (ADDRESS ?? '').split(':')
  const login = {
    engine: 'Oracle',
    address,
    port: Number(port),
    user: process.env['POSTERN_TEST_ORACLE_USER'] ?? 'system',
    password: process.env['POSTERN_TEST_ORACLE_PASSWORD'] ?? '',
  } as const
  await using session = await openSession(login)
  const { databases, visibility, warnings } = await session.listDatabases()
  const names = databases.map(({ name }) => name)
  assert.ok(names.length > 0)
  assert.deepEqual(names, names.toSorted(compareCodePoints))
  assert.equal(visibility, 'complete', JSON.stringify(warnings))
  const info = await session.serverInfo()
  assert.match(info.version, /^\d+\.\d+/)
  assert.notEqual(info.role, 'unknown')
  const error = await rejection(openSession({ ...login, serviceName: 'NO_SUCH_SERVICE' }))
  assert.equal(error.code, 'Database.NotListable')
  assert.match(error.message, /ORA-12514/)
})
