/** node vite-build.mjs ROOT FOLDER — builds ROOT/console into FOLDER; what is text gets a brotli and a gzip copy beside it. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { build } from 'vite'

const TEXT = /\.(html|js|css|svg|json|txt)$/
/** A shorter one saves nothing. */
const MIN_BYTES = 512

const [root, outDir] = process.argv.slice(2)

await build({
  configFile: false,
  root: join(root, 'console'),
  base: '/console/',
  // Warnings are of directives in packages, which mean nothing here.
  logLevel: 'error',
  // Nothing of the environment gets into what is built.
  envDir: false,
  build: {
    outDir,
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: { polyfill: false },
    // A data: address of a script or a style would need a weaker policy.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_000,
  },
})

for (const entry of await readdir(outDir, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !TEXT.test(entry.name)) continue
  const file = join(entry.parentPath ?? entry.path, entry.name)
  const bytes = await readFile(file)
  if (bytes.length < MIN_BYTES) continue
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length }
  await writeFile(`${file}.br`, await promisify(brotliCompress)(bytes, { params }))
  await writeFile(`${file}.gz`, await promisify(gzip)(bytes, { level: 9 }))
}
