/** npm run test:planted [-- ROW… | console] — the set-up, then every planted break must be caught; see scripts/test/planted.ts. Runs on Node 20 and later. */
import { installDebianPackages } from './debian-packages.mjs'
import { buildForBrowsers } from './setup/build-for-browsers.mjs'
import { launch } from './setup/launch.mjs'
import { prepare, reportFailure, ROOT } from './setup/prepare.mjs'

try {
  const node = await prepare()
  await buildForBrowsers(ROOT, { node, say: console.log })
  await installDebianPackages()
  launch(node, ['scripts/test/planted.ts', ...process.argv.slice(2)])
} catch (error) {
  reportFailure(error)
  process.exitCode = 1
}
