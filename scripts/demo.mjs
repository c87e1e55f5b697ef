/** npm run demo [-- --once] — the set-up, then the demonstration of scripts/demo/demo.ts on Node 24. Runs on Node 20 and later. */
import { launch } from './setup/launch.mjs'
import { prepare, reportFailure } from './setup/prepare.mjs'

try {
  launch(await prepare(), ['scripts/demo/demo.ts', ...process.argv.slice(2)])
} catch (error) {
  reportFailure(error)
  process.exitCode = 1
}
