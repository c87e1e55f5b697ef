/** npm run test:faults — the tests that kill processes, fifty rounds each, and 10,000 tasks under random faults (npm test runs a few). Runs on Node 20 and later. */
import { randomInt } from 'node:crypto'
import { installDebianPackages } from './debian-packages.mjs'
import { launch } from './setup/launch.mjs'
import { prepare, reportFailure } from './setup/prepare.mjs'

try {
  const node = await prepare()
  await installDebianPackages()
  process.env.POSTERN_KILL_ROUNDS = '50'
  process.env.POSTERN_FAULT_TASKS ??= '10000'
  process.env.POSTERN_FAULT_SEED ??= String(randomInt(2 ** 31))
  console.log(`Seed of the random faults: ${process.env.POSTERN_FAULT_SEED}`)
  process.env.POSTERN_SHOW_NOTES = 'yes'
  process.env.POSTERN_FILE_DEADLINE_MS = String(20 * 60_000)
  launch(node, ['scripts/test/main.ts', 'test/e2e/kill', 'test/store/sqlite-crash', 'test/faults'])
} catch (error) {
  reportFailure(error)
  process.exitCode = 1
}
