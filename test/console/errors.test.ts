import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { z } from 'zod'
import { CODES_ZH } from '../../console/src/texts/error-codes.zh.ts'
import { ERRORS } from '../../src/model/errors.ts'
import { chooseByKeys, noChromium, startChromium, type TestBrowser } from '../fixtures/chromium.ts'
import { startServer, type TestServer } from '../fixtures/postern.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const opened = new AsyncDisposableStack()
after(() => opened.disposeAsync())
let world: Promise<{ server: TestServer; browser: TestBrowser }> | undefined

function start() {
  world ??= (async () => {
    const folder = opened.use(await tempFolder('console-errors'))
    const server = opened.use(await startServer(folder.path))
    const browser = opened.use(await startChromium(server.url))
    return { server, browser }
  })()
  return world
}

test('every code of the server is told in Chinese too, and no other', () => {
  assert.deepEqual(Object.keys(CODES_ZH).toSorted(), Object.keys(ERRORS).toSorted())
  for (const [code, texts] of Object.entries(CODES_ZH)) {
    for (const text of texts) assert.match(text, /\p{Script=Han}/u, code)
  }
})

test('without signing in: all codes, a search for one as it was answered, and its page, by keyboard', {
  skip: noChromium,
}, async () => {
  const { server, browser } = await start()
  const { page, ...window } = await browser.open({ keyboardOnly: true })
  await page.goto(`${server.url}/console/errors`)
  const count = Object.keys(ERRORS).length
  await page.getByText(`${count} codes`, { exact: true }).waitFor()
  await window.assertAccessible()
  await page.getByLabel('Search in codes and texts').focus()
  await page.keyboard.type('MissingTaskId')
  await page.getByText(`1 of ${count} codes`, { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Missing{P}' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Missing{P}' }).waitFor()
  await page.locator('h1:focus').waitFor()
  await page.getByText('A parameter that the action needs was not sent.').waitFor()
  await page.getByRole('link', { name: 'All codes' }).press('Enter')
  await chooseByKeys(page, 'Where it comes from', 'Tasks that')
  await page.getByLabel('Search in codes and texts').fill('no such thing')
  await page.getByText('No code fits', { exact: true }).waitFor()
  await page.goto(`${server.url}/console/errors/Never.Heard`)
  await page.getByText('This server has no such code').waitFor()
  window.assertClean()
})

test('where an error answer sends its reader, in Chinese, dark, at 360 px', { skip: noChromium }, async () => {
  const { server, browser } = await start()
  const answer = await server.call('GetTask', {}, '2026-12-01')
  const { Recommend, RequestId } = z.object({ Recommend: z.url(), RequestId: z.string() }).parse(answer.body)
  const { page, ...window } = await browser.open({
    locale: 'zh-CN',
    colorScheme: 'dark',
    viewport: { width: 360, height: 640 },
  })
  await page.goto(Recommend)
  await page.getByRole('heading', { level: 1, name: 'MissingTaskId' }).waitFor()
  await page.getByText('没有发送此操作所需的参数。').waitFor()
  await page.getByText(RequestId, { exact: true }).waitFor()
  await window.assertAccessible()
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, 'nothing is beyond the edge')
  window.assertClean()
})
