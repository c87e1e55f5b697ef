import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findRedis, type RedisServer, startRedisCluster } from '../fixtures/redis.ts'
import { openSession } from './engine-session.ts'

const skip = !findRedis() && 'Redis is not on this machine (Debian: redis-server)'

async function list(node: RedisServer, login: { user: string; password: string } = { user: 'default', password: '' }) {
  await using session = await openSession({ engine: 'Redis', port: node.port, ...login })
  const { databases, visibility, warnings } = await session.listDatabases()
  return { visibility, warnings, names: [...databases].map(({ name }) => name) }
}

test('every node of a cluster lists db0, and nothing is missing: before Valkey 9 there is no other', {
  skip,
}, async () => {
  await using cluster = await startRedisCluster()
  for (const node of cluster.nodes) {
    assert.deepEqual(await list(node), { names: ['db0'], visibility: 'complete', warnings: [] })
  }
})
