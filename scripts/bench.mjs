/** npm run bench — the set-up, the Debian packages, then this beside others (bench/main.ts). Runs on Node 20 and later. */
import { installDebianPackages } from './debian-packages.mjs'
import { launch } from './setup/launch.mjs'
import { prepare, reportFailure } from './setup/prepare.mjs'

try {
  const node = await prepare()
  await installDebianPackages()
  launch(node, ['bench/main.ts', ...process.argv.slice(2)])
} catch (error) {
  reportFailure(error)
  process.exitCode = 1
}
