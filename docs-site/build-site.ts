/** node build-site.ts ROOT FOLDER — the documentation of the clone ROOT as static pages, with what the browser loads. */
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import MiniSearch from 'minisearch'
import { build } from 'vite'
import { z } from 'zod'
import { SEARCH_OPTIONS } from './search-index.ts'
import { readSite } from './site-pages.ts'

const [root = '', folder = ''] = process.argv.slice(2)
const HASH_LENGTH = 10

function write(path: string, text: string | Uint8Array): void {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** Writes what the browser loads; returns the address of each by its name. */
async function buildAssets(): Promise<(name: string) => string> {
  const browser = join(root, 'docs-site', 'browser')
  const built = await build({
    configFile: false,
    root: browser,
    base: '/docs/',
    logLevel: 'error',
    // Nothing of the environment gets into what is built.
    envDir: false,
    build: {
      write: false,
      target: 'es2023',
      modulePreload: false,
      assetsInlineLimit: 0,
      rolldownOptions: { input: { main: join(browser, 'main.ts'), theme: join(browser, 'theme.ts') } },
    },
  })
  const addresses = new Map<string, string>()
  for (const { output } of [built].flat().filter((each) => 'output' in each)) {
    for (const file of output) {
      write(file.fileName, file.type === 'chunk' ? file.code : file.source)
      const name = /^assets\/(\w+)-[^/]+\.(css|js)$/.exec(file.fileName)
      if (name !== null) addresses.set(`${name[1]}.${name[2]}`, `/docs/${file.fileName}`)
    }
  }
  return (name) => {
    const address = addresses.get(name)
    if (address === undefined) throw new Error(`the build has made no ${name}`)
    return address
  }
}

const packageFile = z.object({ version: z.string() })
const { version } = packageFile.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')))
const site = readSite(root)
const search = new MiniSearch(SEARCH_OPTIONS)
search.addAll(site.documents)
const index = JSON.stringify(search)
const hash = createHash('sha256').update(index).digest('base64url').slice(0, HASH_LENGTH)
const indexPath = `assets/search-${hash}.json`
write(indexPath, index)
const asset = await buildAssets()
const assets = {
  theme: asset('theme.js'),
  main: asset('main.js'),
  style: asset('main.css'),
  index: `/docs/${indexPath}`,
}
for (const [path, text] of site.render({ assets, version })) write(path, text)
copyFileSync(join(root, 'console', 'public', 'icon.svg'), join(folder, 'icon.svg'))
