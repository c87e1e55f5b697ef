/** npm run test:engines [-- ENGINE…] — the set-up, the Debian packages, then scripts/test/engines.ts. Runs on Node 20 and later. */
import { installDebianPackages } from './debian-packages.mjs'
import { launch } from './setup/launch.mjs'
import { prepare, reportFailure } from './setup/prepare.mjs'

try {
  const node = await prepare()
  await installDebianPackages()
  launch(node, ['scripts/test/engines.ts', ...process.argv.slice(2)])
} catch (error) {
  reportFailure(error)
  console.log('0 passed, 1 failed, 0 skipped')
  process.exitCode = 1
}
