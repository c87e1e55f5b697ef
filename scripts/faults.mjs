/**
 * npm run test:faults — 10,000 tasks under random faults, fifty kills each, every cut of a power failure, 10,000 gateways
 * that come back, overload and a large purge (npm test does a little of each). Runs on Node 20 and later.
 */
import { randomInt } from 'node:crypto'
import { installDebianPackages } from './debian-packages.mjs'
import { launch } from './setup/launch.mjs'
import { prepare, reportFailure } from './setup/prepare.mjs'

try {
  const node = await prepare()
  await installDebianPackages()
  process.env.POSTERN_KILL_ROUNDS = '50'
  Object.assign(process.env, {
    POSTERN_RECONNECT_GATEWAYS: '10000',
    POSTERN_PURGE_TASKS: '200000',
    POSTERN_OVERLOAD_CREATES: '5000',
    POSTERN_OVERLOAD_READERS: '3000',
    POSTERN_SHOW_NOTES: 'yes',
    POSTERN_FILE_DEADLINE_MS: String(20 * 60_000),
  })
  process.env.POSTERN_FAULT_TASKS ??= '10000'
  process.env.POSTERN_FAULT_SEED ??= String(randomInt(2 ** 31))
  console.log(`Seed of the random faults: ${process.env.POSTERN_FAULT_SEED}`)
  launch(node, [
    'scripts/test/main.ts',
    'test/e2e/kill',
    'test/store/sqlite-crash',
    'test/store/sqlite-power-cut',
    'test/e2e/reconnect',
    'test/e2e/overload',
    'test/tasks/purge',
    'test/faults',
  ])
} catch (error) {
  reportFailure(error)
  process.exitCode = 1
}
