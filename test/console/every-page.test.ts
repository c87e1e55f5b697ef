import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { startConsoleWorld } from '../../bench/console/console-world.ts'
import { visitPages } from '../../bench/console/visit-pages.ts'
import { noChromium } from '../fixtures/chromium.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

/** Where the pictures of the documentation are kept; nowhere unless asked for. */
const IMAGES = process.env['POSTERN_IMAGES']
const PAGES = ['discover', 'gateways', 'tasks', 'access', 'audit', 'explorer', 'errors', '']
/** `npm run bench -- console` has more in its store, and holds a page to a second and a frame to a quarter of one. */
const SIZE = { gateways: 300, online: 5, tasks: 5_000, days: 1 / 8, users: 5, say: () => {} }
/** Five times of what it is to be on a quiet machine. */
const MOST_MS = 5_000
const MOST_FRAME_MS = 1_250
const MORE_STOPS = 20
const LOOKS = [
  { language: 'en', theme: 'light' },
  { language: 'en', theme: 'dark' },
  { language: 'zh', theme: 'dark' },
  { language: 'zh', theme: 'light' },
] as const
/** The language that a button goes over to. */
const SWITCHES = { en: 'English', zh: '中文' } as const
/** Each language and each theme once. */
const PICTURED = ['en-light', 'zh-dark']

/** Of what one can press or write in: where the focus came to. Of radio buttons Tab takes one. */
const WATCH_FOCUS = `{
  const parts = ['a[href]', 'button', 'input:not([type=radio])', 'select', 'textarea', 'summary', '[tabindex="0"]']
  const reached = new Set()
  document.addEventListener('focusin', ({ target }) => reached.add(target))
  window.tabStops = () =>
    [...document.querySelectorAll('#main :is(' + parts.join() + ')')].filter(
      (element) => element.checkVisibility() && !element.disabled && element.tabIndex >= 0,
    )
  window.notReached = () => tabStops().filter((element) => !reached.has(element)).map((element) => element.outerHTML.slice(0, 160))
}`

/** From where the link goes that skips the navigation. */
async function assertTabReachesAll(page: Page): Promise<void> {
  await page.evaluate(WATCH_FOCUS)
  await page.locator('#main').focus()
  const count = Number(await page.evaluate('tabStops().length'))
  for (let i = 0; i < count; i++) await page.keyboard.press('Tab')
  const isIn = "notReached().length > 0 || document.activeElement.closest('#main') !== null"
  // A field for a time is several stops.
  for (let i = 0; i < MORE_STOPS && (await page.evaluate(isIn)) === true; i++) await page.keyboard.press('Tab')
  assert.equal(
    await page.evaluate("document.activeElement.closest('#main')?.outerHTML"),
    undefined,
    'nothing keeps Tab',
  )
  assert.deepEqual(await page.evaluate('notReached()'), [], page.url())
}

test('every page shows soon with much in the store, in both languages and both themes, and axe finds nothing serious', {
  skip: noChromium,
}, async () => {
  await using folder = await tempFolder('every-page')
  await using world = await startConsoleWorld(folder.path, SIZE)
  const { page, ...window } = await world.browser.open()
  await page.goto(`${world.server.url}/console/`)
  const painted = await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0")
  assert.ok(Number(painted) < MOST_MS, `the first paint came after ${String(painted)} ms`)

  const { shown, scrolled, searched } = await visitPages(page, world, { scrollMs: 500 })
  for (const [name, { shownMs }] of Object.entries(shown)) assert.ok(shownMs < MOST_MS, `${name}: ${shownMs} ms`)
  for (const [name, { rows, longestFrameMs }] of Object.entries(scrolled)) {
    assert.ok(longestFrameMs < MOST_FRAME_MS, `${name}, scrolled: ${longestFrameMs} ms`)
    assert.ok(rows > 20, `${name}: only down to row ${rows}`)
  }
  assert.ok(searched.longestFrameMs < MOST_FRAME_MS, `a search that finds nothing: ${searched.longestFrameMs} ms`)

  if (IMAGES !== undefined) await mkdir(IMAGES, { recursive: true })
  for (const name of PAGES) {
    await page.locator(`nav a[href="/console/${name}"]`).first().press('Enter')
    await page.locator('h1:focus').waitFor()
    await page.locator('#main .mantine-Skeleton-root').first().waitFor({ state: 'detached' })
    await assertTabReachesAll(page)
    for (const { language, theme } of LOOKS) {
      const other = page.locator('header').getByRole('button', { name: SWITCHES[language], exact: true })
      if (await other.isVisible()) await other.press('Enter')
      await page.emulateMedia({ colorScheme: theme })
      await page.locator(`html[lang|=${language}][data-mantine-color-scheme=${theme}]`).waitFor()
      const isPictured = PICTURED.includes(`${language}-${theme}`)
      // What is not of the colours was found in the same language already.
      await window.assertAccessible(isPictured ? 'all' : 'colours')
      if (!isPictured) continue
      const picture = await page.screenshot()
      assert.ok(picture.length > 10_000, `the page ${name} is empty`)
      if (IMAGES !== undefined) await writeFile(join(IMAGES, `${name || 'overview'}-${language}.png`), picture)
    }
  }
  window.assertClean()
})
