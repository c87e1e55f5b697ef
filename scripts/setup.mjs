/**
 * npm run setup — makes a fresh clone ready: a pinned Node 24 in .tools/ where the machine's is older, the packages, and what
 * is built: the program, the console and the documentation.
 * Runs on Node 20 and later. Writes nothing outside the clone. A second run finds everything done.
 */
import { buildForBrowsers } from './setup/build-for-browsers.mjs'
import { compile } from './setup/compile.mjs'
import { prepare, reportFailure, ROOT } from './setup/prepare.mjs'

const started = performance.now()
try {
  const node = await prepare()
  await compile(ROOT, { node, say: console.log })
  await buildForBrowsers(ROOT, { node, say: console.log })
  console.log(`Set-up is ready: Node at ${node} (${((performance.now() - started) / 1000).toFixed(1)} s).`)
} catch (error) {
  reportFailure(error)
  process.exitCode = 1
}
