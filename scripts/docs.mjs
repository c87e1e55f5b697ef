/** npm run docs — the set-up, then writes the generated pages of docs/reference/ with scripts/docs/generate.ts on Node 24. */
import { launch } from './setup/launch.mjs'
import { prepare, reportFailure } from './setup/prepare.mjs'

try {
  launch(await prepare(), ['scripts/docs/generate.ts'])
} catch (error) {
  reportFailure(error)
  process.exitCode = 1
}
