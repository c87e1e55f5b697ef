/** npm run build — compiles src/ to dist/ and builds the console and the documentation into it, which the published package runs. npm pack does it first. */
import { buildForBrowsers } from './setup/build-for-browsers.mjs'
import { compile } from './setup/compile.mjs'
import { prepare, ROOT, reportFailure } from './setup/prepare.mjs'

try {
  const node = await prepare({ say: console.error })
  await compile(ROOT, { node, say: console.error })
  await buildForBrowsers(ROOT, { node, say: console.error })
} catch (error) {
  reportFailure(error)
  process.exitCode = 1
}
