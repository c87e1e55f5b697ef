import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NAVIGATION } from '../../docs-site/navigation.ts'
import { readSourceTree } from '../architecture/source-tree.ts'
import { builtPages, ROOT } from './built-site.ts'

const pages = builtPages()
/** What the server has besides; the console answers on every path below its own. */
const ELSEWHERE = /^\/(console\/|openapi\.json$|errors\/)/

const idsOf = (html: string) => [...html.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id)
const turn = (address: string, rel: string) =>
  new RegExp(`<a rel="${rel}" href="([^"]+)"`).exec(pages.get(address) ?? '')?.[1]
const linksOf = (html: string) => [...html.matchAll(/<a\b[^>]* href="([^"]*)"/g)].map(([, href = '']) => href)

test('every page of the guide and the reference is in the navigation, once', () => {
  const sources = NAVIGATION.flatMap((group) => group.entries.map(({ source }) => source))
  const files = [...readSourceTree(ROOT).keys()].filter((path) => /^docs\/(guide|reference)\/.*\.md$/.test(path))
  assert.deepEqual(sources.toSorted(), [...files, 'CHANGELOG.md', 'SECURITY.md'].toSorted())
  assert.equal(
    pages.size,
    sources.length + 2,
    'each is built, and so are the first page and the one for what is not there',
  )
})

test('every link of every page leads somewhere, and to a heading where it names one', () => {
  let links = 0
  for (const [address, html] of pages) {
    for (const href of linksOf(html)) {
      links++
      if (ELSEWHERE.test(href) || href.startsWith('https:')) continue
      const [path = '', anchor] = href.split('#')
      const target = pages.get(path === '' ? address : path)
      assert.ok(target !== undefined, `${address} links to ${href}, and there is no such page`)
      if (anchor === undefined) continue
      assert.ok(
        idsOf(target).includes(decodeURIComponent(anchor)),
        `${address} links to ${href}, and it has no such heading`,
      )
    }
  }
  assert.ok(links > 1_000, `only ${links} links were looked at`)
})

test('no page has an id twice, anything inline, or anything from elsewhere', () => {
  for (const [address, html] of pages) {
    const ids = idsOf(html)
    assert.deepEqual(
      ids.filter((id, at) => ids.indexOf(id) !== at),
      [],
      address,
    )
    assert.doesNotMatch(
      html,
      /<script(?![^>]* src="\/docs\/assets\/)|<style|<[a-z]+[^>]* (?:on\w+|style)=|javascript:/,
      address,
    )
    assert.doesNotMatch(html, /<(?:script|link|img|iframe)[^>]*(?:src|href)="(?!\/docs\/)/, address)
    assert.doesNotMatch(html, /href="[^"]*\.md(?:#[^"]*)?"/, address)
  }
})

test('the pages follow each other, from the first to the last and back', () => {
  const order = NAVIGATION.flatMap((group) => group.entries.map(({ path }) => `/docs/${path}`))
  for (const [at, address] of order.entries()) {
    assert.deepEqual([turn(address, 'prev'), turn(address, 'next')], [order[at - 1], order[at + 1]], address)
    assert.match(pages.get(address) ?? '', new RegExp(`<a href="${address}" aria-current="page">`))
  }
})
