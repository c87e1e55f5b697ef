/** npm run test:faults — the tests that kill processes, fifty rounds each, and every cut of a power failure (npm test runs a few). Runs on Node 20 and later. */
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
  })
  process.env.POSTERN_FILE_DEADLINE_MS = String(20 * 60_000)
  launch(node, [
    'scripts/test/main.ts',
    'test/e2e/kill',
    'test/store/sqlite-crash',
    'test/store/sqlite-power-cut',
    'test/e2e/reconnect',
    'test/e2e/overload',
    'test/tasks/purge',
  ])
} catch (error) {
  reportFailure(error)
  process.exitCode = 1
}
