/**
 * npm test               the set-up, the Debian packages, then types, lint, format, unused code and every test file
 * npm test -- PATTERN…   only the test files whose path contains one of the patterns, and no static check
 * Runs on Node 20 and later; what follows the set-up is scripts/test/main.ts on Node 24.
 * The last line is always `N passed, N failed, N skipped`.
 */
import { installDebianPackages } from './debian-packages.mjs'
import { buildForBrowsers } from './setup/build-for-browsers.mjs'
import { compile } from './setup/compile.mjs'
import { launch } from './setup/launch.mjs'
import { prepare, reportFailure, ROOT } from './setup/prepare.mjs'

const started = performance.now()
try {
  const node = await prepare()
  await compile(ROOT, { node, say: console.log })
  await buildForBrowsers(ROOT, { node, say: console.log })
  await installDebianPackages()
  console.log(`Set-up is ready (${((performance.now() - started) / 1000).toFixed(1)} s).`)
  launch(node, ['scripts/test/main.ts', ...process.argv.slice(2)], { POSTERN_TEST_PROGRAM: 'bin/postern.js' })
} catch (error) {
  reportFailure(error)
  console.log('0 passed, 1 failed, 0 skipped')
  process.exitCode = 1
}
