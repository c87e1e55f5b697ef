/** npm run fuzz [-- --requests N --seed S --seconds T --only INDEX] — the set-up, then random requests to a real server. Runs on Node 20 and later. */
import { launch } from './setup/launch.mjs'
import { prepare, reportFailure } from './setup/prepare.mjs'

try {
  launch(await prepare(), ['test/fuzz/main.ts', ...process.argv.slice(2)])
} catch (error) {
  reportFailure(error)
  process.exitCode = 1
}
