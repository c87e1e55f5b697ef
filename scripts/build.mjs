/** npm run build — compiles src/ to dist/ and builds console/ to dist/console/, which the published package runs. npm pack does it first. */
import { join } from 'node:path'
import { buildConsole } from './setup/build-console.mjs'
import { compile } from './setup/compile.mjs'
import { prepare, ROOT, reportFailure } from './setup/prepare.mjs'

try {
  const node = await prepare({ say: console.error })
  await compile(ROOT, { node, to: join(ROOT, 'dist') })
  await buildConsole(ROOT, { node, say: console.error })
} catch (error) {
  reportFailure(error)
  process.exitCode = 1
}
