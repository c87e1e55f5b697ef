/** npm run bench — the set-up, the Debian packages, then our engines beside the bare drivers (test/bench/main.ts). Runs on Node 20 and later. */
import { installDebianPackages } from './debian-packages.mjs'
import { launch } from './setup/launch.mjs'
import { prepare, reportFailure } from './setup/prepare.mjs'

try {
  const node = await prepare()
  await installDebianPackages()
  launch(node, ['test/bench/main.ts', ...process.argv.slice(2)])
} catch (error) {
  reportFailure(error)
  process.exitCode = 1
}
