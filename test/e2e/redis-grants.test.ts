import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findRedis, startRedis } from '../fixtures/redis.ts'
import { openSession } from '../engines/engine-session.ts'
import { postern } from '../fixtures/process.ts'

const skip = !findRedis() && 'Redis is not on this machine (Debian: redis-server)'

test('the script of gateway grants on Redis is run as it is printed: that user gets a complete list, and nothing else', {
  skip,
}, async () => {
  await using server = await startRedis()
  await server.command('ACL', 'SETUSER', 'postern', 'on', '>secret')
  const printed = await postern(['gateway', 'grants', '--engine', 'Redis', '--user', 'postern'])
  assert.equal(printed.code, 0, printed.stderr)
  const lines = printed.stdout.trimEnd().split('\n')
  for (const line of lines) assert.equal(await server.script(line), 'OK', line)
  await using session = await openSession({ engine: 'Redis', port: server.port, user: 'postern', password: 'secret' })
  const { visibility, warnings } = await session.listDatabases()
  assert.deepEqual({ visibility, warnings }, { visibility: 'complete', warnings: [] })
})
