import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findRedis, type RedisServer, startClusterNode, startRedisCluster } from '../fixtures/redis.ts'
import { openSession, PASSWORD, USER } from './engine-session.ts'

const skip = !findRedis() && 'Redis is not on this machine (Debian: redis-server)'

async function list(node: RedisServer, login: { user: string; password: string } = { user: 'default', password: '' }) {
  await using session = await openSession({ engine: 'Redis', port: node.port, ...login })
  const { databases, visibility, warnings } = await session.listDatabases()
  return { visibility, warnings, names: databases.map(({ name }) => name) }
}

test('every node of a cluster of three masters lists db0, and says that the others may hold keys', {
  skip,
}, async () => {
  await using cluster = await startRedisCluster()
  for (const node of cluster.nodes) {
    const { names, visibility, warnings } = await list(node)
    assert.deepEqual([names, visibility], [['db0'], 'partial'])
    assert.equal(warnings[0]?.code, 'Redis.OneNodeOfCluster')
    assert.match(warnings[0].message, /3 masters.*other masters may hold keys of db0/)
  }
})

test('a cluster of one master with all slots is complete; CLUSTER INFO denied is a warning that mends', {
  skip,
}, async () => {
  await using node = await startClusterNode()
  assert.equal((await list(node)).visibility, 'partial')
  await node.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
  const end = performance.now() + 10_000
  while ((await list(node)).visibility !== 'complete') assert.ok(performance.now() < end, 'never complete')

  await node.command('ACL', 'SETUSER', USER, 'on', `>${PASSWORD}`, '-@all', '+ping', '+info')
  const login = { user: USER, password: PASSWORD }
  const denied = await list(node, login)
  assert.deepEqual([denied.names, denied.visibility], [['db0'], 'unknown'])
  assert.equal(denied.warnings[0]?.grant, `ACL SETUSER ${USER} +cluster|info`)
  await node.script(denied.warnings[0].grant)
  assert.deepEqual(await list(node, login), { names: ['db0'], visibility: 'complete', warnings: [] })
})
