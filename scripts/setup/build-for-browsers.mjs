import { join } from 'node:path'
import { buildFolder } from './build-folder.mjs'

/** What browsers load: each is a folder of dist/, served by the server. */
export const FOR_BROWSERS = [
  {
    name: 'console',
    what: 'the console',
    script: join('scripts', 'setup', 'vite-build.mjs'),
    // What the console shares with the server counts too.
    sources: ['console', join('src', 'samples'), join('scripts', 'setup', 'vite-build.mjs')],
  },
  {
    name: 'docs',
    what: 'the documentation',
    script: join('docs-site', 'build-site.ts'),
    sources: [
      'docs-site',
      join('docs', 'guide'),
      join('docs', 'reference'),
      'CHANGELOG.md',
      'SECURITY.md',
      'package.json',
      join('console', 'public', 'icon.svg'),
      join('scripts', 'docs', 'markdown.ts'),
    ],
  },
]

/** Builds those of the clone `root` that are not there yet or were made from other sources, each into its folder of `to`. */
export async function buildForBrowsers(root, { node, to = join(root, 'dist'), say }) {
  for (const { name, ...each } of FOR_BROWSERS) {
    await buildFolder(root, { ...each, node, to: join(to, name), say })
  }
}
