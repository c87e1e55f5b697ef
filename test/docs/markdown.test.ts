import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { anchorOf } from '../../scripts/docs/markdown.ts'
import { readSourceTree } from '../architecture/source-tree.ts'
import { codeBlocks } from './code-blocks.ts'

const root = join(import.meta.dirname, '..', '..')
const pages = [...readSourceTree(root)].filter(([path]) => path.endsWith('.md'))
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')))

/** Pages with commands or statements that a reader runs, and the test that runs each of them. */
const RUN: Readonly<Record<string, string | readonly string[]>> = {
  'README.md sh': 'test/e2e/readme.test.ts',
  'docs/reference/api.md sh': 'test/e2e/readme.test.ts',
  'docs/guide/audit.md sh': 'test/e2e/audit.test.ts',
  'docs/guide/first-list.md sh': 'test/e2e/first-hour.test.ts',
  'docs/guide/install.md sh': 'test/setup/packed-package.test.ts',
  'docs/guide/shared-store.md sh': ['test/e2e/postgres-store.test.ts'],
  'docs/guide/operations.md sh': 'test/e2e/operations.test.ts',
  'docs/guide/own-databases.md js': 'test/e2e/first-hour.test.ts',
  'docs/guide/own-databases.md sh': 'test/e2e/first-hour.test.ts',
  'docs/guide/scaling.md sh': ['test/setup/cluster-files.test.ts', 'test/e2e/balancer.test.ts'],
  'docs/guide/networks.md nginx': 'test/e2e/nginx.test.ts',
  'docs/guide/networks.md sh': ['test/e2e/proxy.test.ts', 'test/e2e/self-signed.test.ts'],
  'docs/guide/service.md ini': 'test/setup/service-units.test.ts',
  'docs/guide/service.md sh': 'test/e2e/tarball.test.ts',
  'docs/guide/least-privilege.md sql': 'test/docs/least-privilege.test.ts',
  'docs/guide/least-privilege.md js': 'test/docs/least-privilege.test.ts',
  'docs/guide/least-privilege.md redis': 'test/docs/least-privilege.test.ts',
}

test('every relative link leads to a file, and to a heading where it names one', () => {
  let links = 0
  for (const [path, page] of pages) {
    const prose = page.replaceAll(/^```[^]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '')
    for (const [, target = ''] of prose.matchAll(/\]\(([^()\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      links++
      const [file = '', anchor] = target.split('#')
      const at = file === '' ? path : normalize(join(dirname(path), file))
      assert.ok(existsSync(join(root, at)), `${path} links to ${target}, which is not there`)
      if (anchor === undefined) continue
      const headings = [...readFileSync(join(root, at), 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
        anchorOf(text),
      )
      assert.ok(headings.includes(anchor), `${path} links to ${target}, and ${at} has no such heading`)
    }
  }
  assert.ok(links > 50, `only ${links} links were looked at`)
})

test('what a reader runs is run by a test', () => {
  const found = pages.flatMap(([path, page]) =>
    codeBlocks(page)
      .filter(({ language }) => !['', 'yaml', 'json', 'ts'].includes(language))
      .map(({ language }) => `${path} ${language}`),
  )
  assert.deepEqual([...new Set(found)].toSorted(), Object.keys(RUN).toSorted())
  for (const file of Object.values(RUN).flat()) assert.ok(existsSync(join(root, file)), file)
  for (const [path, page] of pages) {
    for (const { language, text } of codeBlocks(page)) {
      if (language !== '') continue
      const commands = text.split('\n').filter((line) => /^(\$ |bin\/|postern |node |npx )/.test(line))
      assert.deepEqual(commands, [], `${path}: a block with commands is marked as sh`)
    }
  }
})

test('every npm command that a page names is a script of the package', () => {
  let commands = 0
  for (const [path, page] of pages) {
    for (const [, name = 'test'] of page.matchAll(/\bnpm (?:run ([\w:-]+)|test\b)/g)) {
      commands++
      assert.ok(Object.hasOwn(scripts, name), `${path} names npm run ${name}, and there is no such script`)
    }
  }
  assert.ok(commands > 5, `only ${commands} commands were looked at`)
})
