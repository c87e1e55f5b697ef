/** npm run build — compiles src/ to dist/, which is what the published package runs. npm pack and npm publish do it first. */
import { join } from 'node:path'
import { compile } from './setup/compile.mjs'
import { prepare, ROOT, reportFailure } from './setup/prepare.mjs'

try {
  await compile(ROOT, { node: await prepare({ say: console.error }), to: join(ROOT, 'dist') })
} catch (error) {
  reportFailure(error)
  process.exitCode = 1
}
