import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSession } from './engine-session.ts'

/** sqlserver://user:password@host:port of a real server at an IP address, reached without TLS; its login may see every database. */
const given = process.env['POSTERN_TEST_SQLSERVER']

test('a real SQL Server lists its own databases, completely', {
  skip: given === undefined && 'POSTERN_TEST_SQLSERVER names no server',
}, async () => {
  const { hostname, port, username, password } = new URL(given ?? '')
  const where = { host: hostname, port: Number(port === '' ? 1433 : port) }
  const as = { user: decodeURIComponent(username), password: decodeURIComponent(password) }
  await using session = await openSession({ engine: 'MSSQL', address: hostname, ...where, ...as })
  const { databases, visibility } = await session.listDatabases()
  const system = databases.filter((record) => record.system).map(({ name }) => name)
  assert.equal(visibility, 'complete')
  for (const name of ['master', 'model', 'msdb', 'tempdb']) assert.ok(system.includes(name), name)
  assert.ok(databases.every(({ state }) => state !== undefined))
  assert.match((await session.serverInfo()).version, /^\d+\.\d+/)
})
