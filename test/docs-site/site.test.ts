import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { noChromium, startChromium, type TestBrowser } from '../fixtures/chromium.ts'
import { startServer, type TestServer } from '../fixtures/postern.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { ROOT } from './built-site.ts'

const MAX_SCRIPT_BYTES = 60 * 1024
const FIRST_PAINT_MS = 1_000
/** The longest of them once, by its width: looking at all of it takes seconds. */
const PATHS = { 1400: ['', 'reference/configuration'], 360: ['', 'guide/least-privilege', 'nothing'] } as const
const opened = new AsyncDisposableStack()
after(() => opened.disposeAsync())
let world: Promise<{ server: TestServer; browser: TestBrowser; url: string }> | undefined

/** One for all: each test has windows of its own. */
function start() {
  world ??= (async () => {
    const folder = opened.use(await tempFolder('docs-site'))
    const server = opened.use(await startServer(folder.path))
    const browser = opened.use(await startChromium(server.url))
    return { server, browser, url: `${server.url}/docs/` }
  })()
  return world
}

test('the scripts have less than 60 KB in all', () => {
  const folder = join(ROOT, 'dist', 'docs', 'assets')
  const scripts = readdirSync(folder).filter((file) => file.endsWith('.js'))
  const bytes = scripts.map((file) => statSync(join(folder, file)).size).reduce((sum, each) => sum + each, 0)
  assert.ok(scripts.length >= 2 && bytes < MAX_SCRIPT_BYTES, `${bytes} bytes in ${scripts.length} files`)
})

test('the server has every page under the policy of the console, compressed at the build', {
  skip: noChromium,
}, async () => {
  const { server } = await start()
  const shell = await fetch(`${server.url}/console/`)
  const page = await fetch(`${server.url}/docs/guide/install`, { headers: { 'accept-encoding': 'identity' } })
  assert.equal(page.status, 200)
  const names = ['content-security-policy', 'x-content-type-options', 'referrer-policy', 'cross-origin-opener-policy']
  for (const name of [...names, 'cache-control']) assert.equal(page.headers.get(name), shell.headers.get(name), name)
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'; script-src 'self';/)
  const html = await page.text()
  const [script = ''] = /\/docs\/assets\/main-[\w-]+\.js/.exec(html) ?? []
  const asset = await fetch(`${server.url}${script}`, { headers: { 'accept-encoding': 'gzip' } })
  assert.equal(asset.headers.get('cache-control'), 'public, max-age=31536000, immutable')
  assert.equal(asset.headers.get('content-encoding'), 'gzip')

  const missing = await fetch(`${server.url}/docs/guide/nothing`)
  assert.deepEqual([missing.status, missing.headers.get('cache-control')], [404, 'no-store'])
  assert.equal(missing.headers.get('content-security-policy'), page.headers.get('content-security-policy'))
  assert.match(await missing.text(), /There is no such page/)
  const moved = await fetch(`${server.url}/docs`, { redirect: 'manual' })
  assert.deepEqual([moved.status, moved.headers.get('location')], [308, '/docs/'])
})

test('search by keyboard alone: a slash, a word, arrows, Enter', { skip: noChromium }, async () => {
  const { browser, url } = await start()
  const { page, requests, ...window } = await browser.open()
  await page.goto(url)
  await page.keyboard.press('/')
  assert.equal(await page.locator(':focus').getAttribute('id'), 'search')
  await page.keyboard.type('drain grace')
  const results = page.locator('#search-results a')
  await results.first().waitFor()
  assert.match((await results.allTextContents()).join('\n'), /drainGraceSeconds/i)
  await window.assertAccessible()
  await page.keyboard.press('ArrowDown')
  assert.equal(await page.locator(':focus').getAttribute('href'), await results.first().getAttribute('href'))
  await page.keyboard.press('Escape')
  assert.equal(await page.locator(':focus').getAttribute('id'), 'search')
  assert.equal(await results.first().isVisible(), false)

  for (const [query, href] of [
    ['BackupGateway.NotFound', '/docs/reference/errors#backupgatewaynotfound'],
    ['upgrade', '/docs/guide/upgrade'],
    ['troubleshoting', '/docs/guide/troubleshooting'],
  ] as const) {
    await page.locator('#search').fill(query)
    await page.locator(`#search-results a[href^="${href}"]`).first().waitFor()
  }
  await page.locator('#search').fill('BackupGateway.NotFound')
  await page
    .locator('#search-results a', { hasText: /^BackupGateway\.NotFound/ })
    .first()
    .waitFor()
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/docs\/reference\/errors#backupgatewaynotfound$/)
  await page.locator('#search').fill('qqqqzzzz')
  await page.getByText('Nothing found for “qqqqzzzz”.').last().waitFor()
  assert.equal(requests.filter((request) => request.url().includes('/search-')).length <= 2, true, 'once a page')
  window.assertClean()
})

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1400, 360] as const) {
    test(`${colorScheme}, ${width} px: axe finds nothing, nothing is beyond the edge`, {
      skip: noChromium,
    }, async () => {
      const { browser, url } = await start()
      const { page, ...window } = await browser.open({ colorScheme, viewport: { width, height: 800 } })
      for (const path of PATHS[width]) {
        await page.goto(`${url}${path}`)
        await page.locator('html.scripted').waitFor()
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width, path)
        await window.assertAccessible()
      }
      const link = page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Backup', exact: true })
      if (width < 960) {
        assert.equal(await link.isVisible(), false, 'the list is folded')
        await page.getByText('All pages', { exact: true }).click()
      }
      await link.click()
      await page.getByRole('heading', { level: 1, name: 'Backup' }).waitFor()
      window.assertClean()
    })
  }
}

test('colours can be chosen and stay; nothing inline runs; a page is painted soon', { skip: noChromium }, async () => {
  const { browser, url } = await start()
  const { page, ...window } = await browser.open()
  await page.goto(`${url}reference/api`)
  const paint = await page.evaluate(
    `new Promise((done) => new PerformanceObserver((list) => done(list.getEntries()[0].startTime)).observe({ type: 'paint', buffered: true }))`,
  )
  assert.ok(typeof paint === 'number' && paint < FIRST_PAINT_MS, `painted after ${String(paint)} ms`)
  await page.getByLabel('Colours').selectOption('dark')
  const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
  assert.equal(await background(), 'rgb(28, 30, 33)')
  await page.reload()
  assert.equal(await background(), 'rgb(28, 30, 33)')
  window.assertClean()
  const inline = `(() => { const s = document.createElement('script'); s.textContent = 'window.ran = true'; document.body.append(s); return window.ran ?? false })()`
  assert.equal(await page.evaluate(inline), false)
})
