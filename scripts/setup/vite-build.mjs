/** node vite-build.mjs ROOT FOLDER — builds ROOT/console into FOLDER. */
import { join } from 'node:path'
import { build } from 'vite'

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
