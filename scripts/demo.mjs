/** npm run demo [-- --once] — the set-up, then the demonstration of scripts/demo/demo.ts on Node 24. Runs on Node 20 and later. */
import { buildForBrowsers } from './setup/build-for-browsers.mjs'
import { launch } from './setup/launch.mjs'
import { prepare, reportFailure, ROOT } from './setup/prepare.mjs'

try {
  const node = await prepare()
  await buildForBrowsers(ROOT, { node, say: console.log })
  launch(node, ['scripts/demo/demo.ts', ...process.argv.slice(2)])
} catch (error) {
  reportFailure(error)
  process.exitCode = 1
}
