import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { chooseByKeys, noChromium, signInByHand, startChromium } from '../fixtures/chromium.ts'
import { startServer } from '../fixtures/postern.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const RAM = '2015-05-01'
const opened = new AsyncDisposableStack()
after(() => opened.disposeAsync())

async function start() {
  const folder = opened.use(await tempFolder('console-audit'))
  const server = opened.use(await startServer(folder.path))
  const browser = opened.use(await startChromium(server.url))
  await server.call('CreateUser', { UserName: 'alice' }, RAM)
  await server.call('CreateUser', { UserName: 'alice' }, RAM)
  return { server, browser, url: `${server.url}/console/audit` }
}

/** Another name in one of the entries, as whoever can write to the folder would put it. */
async function forge(data: string): Promise<void> {
  const folder = join(data, 'audit')
  const name = (await readdir(folder)).find((each) => /^\d{4}-.*\.jsonl$/.test(each)) ?? assert.fail('no trail')
  const text = await readFile(join(folder, name), 'utf8')
  assert.match(text, /"alice"/)
  await writeFile(join(folder, name), text.replace('"alice"', '"mallo"'))
}

const grid = (page: Page, name: string) => page.getByRole('grid', { name })

test('what happens appears by itself, is filtered and opened by keyboard, and the trail is proven', {
  skip: noChromium,
}, async () => {
  const { server, browser, url } = await start()
  const { page, ...window } = await browser.open({ keyboardOnly: true })
  await page.goto(url)
  await signInByHand(page, server.accessKey)
  await page.getByRole('status').getByText('As it was written', { exact: true }).waitFor()
  const list = grid(page, 'Who did what')
  await list.getByText('EntityAlreadyExists.User', { exact: true }).waitFor()
  await window.assertAccessible()

  await server.call('CreatePolicy', { PolicyName: 'x', PolicyDocument: '{}' }, RAM)
  await list.getByText('MalformedPolicyDocument', { exact: true }).waitFor()
  await page.getByLabel('Action').fill('CreateUser')
  await chooseByKeys(page, 'Outcome', 'Refused')
  await page.getByText('1 row', { exact: true }).waitFor()
  assert.match(page.url(), /\?action=CreateUser&outcome=Error$/)
  await list.focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  const entry = page.getByRole('dialog', { name: /^Entry \d+$/ })
  await entry.getByText('root (', { exact: false }).waitFor()
  assert.match(await entry.innerText(), /UserName\s+alice/)
  assert.match(await entry.innerText(), /RequestId\s+[0-9A-F-]{36}/)
  await window.assertAccessible()
  await page.keyboard.press('Escape')
  await entry.waitFor({ state: 'detached' })
  await page.locator('[role=grid]:focus').waitFor()
  await page.getByLabel('Who', { exact: true }).fill('nobody')
  await page.getByText('No entry fits').waitFor()
  await page.getByRole('button', { name: 'Show all' }).press('Enter')
  await list.getByText('MalformedPolicyDocument', { exact: true }).waitFor()

  await page.getByText('Prove it without the server').press('Enter')
  await page.getByText(/^postern audit verify --data \.\/postern-data --head \d+:[0-9a-f]{64}$/).waitFor()
  await window.assertAccessible()
  window.assertClean()
})

test('a forged entry: the verdict says where and what to do; in Chinese, dark, at 360 px', {
  skip: noChromium,
}, async () => {
  const { server, browser, url } = await start()
  await forge(server.data)
  const { page, ...window } = await browser.open({
    locale: 'zh-CN',
    colorScheme: 'dark',
    viewport: { width: 360, height: 640 },
  })
  await page.goto(url)
  await signInByHand(page, server.accessKey)
  await page.getByRole('status').getByText('已被改动', { exact: true }).waitFor()
  const where = page.getByRole('alert').filter({ hasText: '第一处错误' })
  await where.getByText(/\.jsonl/).waitFor()
  assert.equal(await where.getByRole('listitem').count(), 5)
  await grid(page, '操作记录').getByText('EntityAlreadyExists.User', { exact: true }).waitFor()
  await window.assertAccessible()
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, 'nothing is beyond the edge')
  window.assertClean()
})
