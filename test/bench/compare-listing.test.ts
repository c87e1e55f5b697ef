import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findMariadb } from '../fixtures/mariadb.ts'
import { findPostgresql } from '../fixtures/postgresql.ts'
import { findRedis } from '../fixtures/redis.ts'
import { startBareMariadb, startBarePostgresql, startBareRedis } from './bare-listings.ts'
import { compareListing, median } from './compare-listing.ts'

/** Whether the comparison of `npm run bench` runs and compares like with like; how fast is for the bench to say. */
const servers = [
  { name: 'MariaDB', there: findMariadb() !== undefined, start: startBareMariadb, databases: 7 },
  { name: 'PostgreSQL', there: findPostgresql() !== undefined, start: startBarePostgresql, databases: 6 },
  { name: 'Redis', there: findRedis(), start: startBareRedis, databases: 3 },
]
for (const { name, there, start, databases } of servers) {
  const skip = !there && `${name} is not on this machine`
  test(`${name}: the bare driver and the engine list the same`, { skip, timeout: 60_000 }, async () => {
    await using bare = await start()
    const compared = await compareListing(bare, 3)
    assert.equal(compared.databases, databases)
    assert.ok(compared.bareMs > 0 && compared.oursMs > 0)
  })
}

test('the median of an odd and of an even number of values', () => {
  assert.equal(median([9, 1, 2]), 2)
  assert.equal(median([4, 1, 2, 9]), 3)
})
