/** npm run simulate [-- --seeds N --seed S --planted …] — the set-up, then the simulation; see test/simulation/main.ts. Runs on Node 20 and later. */
import { launch } from './setup/launch.mjs'
import { prepare, reportFailure } from './setup/prepare.mjs'

try {
  launch(await prepare(), ['test/simulation/main.ts', ...process.argv.slice(2)])
} catch (error) {
  reportFailure(error)
  process.exitCode = 1
}
