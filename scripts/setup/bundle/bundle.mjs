/** node bundle.mjs ROOT FOLDER — makes the program of ROOT/src in FOLDER: few files, because finding many is half of a start. */
import { readFile, writeFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { moduleUrls } from './module-urls.mjs'
import { startChunks } from './start-chunks.mjs'
import { thirdPartyLicences } from './third-party-licences.mjs'

const [root, folder] = process.argv.slice(2)
const src = join(root, 'src')

/** What is started by its path: by people, and as threads. */
const ENTRIES = ['cli/main', 'store/sqlite/writer', 'link/signature-thread', 'admin/store-job-thread']
/** Loaded late on purpose by some, and at once by others. */
const HARMLESS = new Set(['INEFFECTIVE_DYNAMIC_IMPORT'])

const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
/** What npm installs beside the package; every other package becomes part of it. */
const isInstalled = (id) => Object.keys(dependencies).some((name) => id === name || id.startsWith(`${name}/`))

const chunks = startChunks({ src })
const warnings = []
const bundle = await rolldown({
  cwd: root,
  input: Object.fromEntries(ENTRIES.map((entry) => [entry, join(src, `${entry}.ts`)])),
  platform: 'node',
  tsconfig: false,
  // Nobody imports them.
  preserveEntrySignatures: false,
  external: isInstalled,
  plugins: [moduleUrls({ src }), chunks.plugin],
  onLog: (_level, { code, message }) => void (HARMLESS.has(code) || warnings.push(message)),
})
const { output } = await bundle.write({
  dir: folder,
  format: 'esm',
  entryFileNames: '[name].js',
  // A process that runs while its files are replaced must find none rather than one that does not fit.
  chunkFileNames: 'chunks/[name]-[hash].js',
  minify: false,
  // The log names errors by their class.
  keepNames: true,
  codeSplitting: {
    // A module goes where it is used, whatever imports it.
    includeDependenciesRecursively: false,
    groups: [{ debugName: 'what starts', name: chunks.nameOf }],
  },
})
await bundle.close()

const files = new Set(output.map(({ fileName }) => fileName))
const isThere = (id) => files.has(id) || id.startsWith('node:') || builtinModules.includes(id) || isInstalled(id)
for (const { fileName, imports = [], dynamicImports = [] } of output) {
  for (const id of [...imports, ...dynamicImports])
    if (!isThere(id)) warnings.push(`${fileName} imports ${id}, which is neither part of the package nor installed`)
}
if (warnings.length > 0) throw new Error(warnings.join('\n'))

const modules = output.flatMap((chunk) => Object.entries(chunk.modules ?? {}))
const bundled = modules.filter(([, { renderedLength }]) => renderedLength > 0).map(([id]) => id)
await writeFile(join(folder, 'THIRD-PARTY-LICENSES.txt'), await thirdPartyLicences(bundled))
