/**
 * npm run test:cluster — several nodes with one PostgreSQL: every kind of bus, upgrades under load, nodes that die, stand still
 * and are cut off for longer than they count as alive, gateways that go to another node, a database that fails over (npm test
 * does a little of it). Runs on Node 20 and later.
 */
import { randomInt } from 'node:crypto'
import { installDebianPackages } from './debian-packages.mjs'
import { launch } from './setup/launch.mjs'
import { prepare, reportFailure } from './setup/prepare.mjs'

try {
  const node = await prepare()
  await installDebianPackages()
  Object.assign(process.env, {
    POSTERN_CLUSTER_LONG: 'yes',
    POSTERN_SHOW_NOTES: 'yes',
    POSTERN_TEST_CONCURRENCY: '1',
    POSTERN_FILE_DEADLINE_MS: String(20 * 60_000),
  })
  // Of the database, each kind once.
  process.env.POSTERN_FAILOVERS ??= '3'
  process.env.POSTERN_CLUSTER_SEED ??= String(randomInt(2 ** 31))
  console.log(`Seed of what happens by chance: ${process.env.POSTERN_CLUSTER_SEED}`)
  launch(node, ['scripts/test/main.ts', 'test/cluster'])
} catch (error) {
  reportFailure(error)
  process.exitCode = 1
}
