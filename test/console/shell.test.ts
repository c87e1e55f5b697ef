import assert from 'node:assert/strict'
import { relative } from 'node:path'
import { after, test } from 'node:test'
import { createConsoleCode } from '../../src/admin/operations/create-console-code.ts'
import { callAdmin } from '../../src/admin/admin-client.ts'
import { adminSocketPath } from '../../src/admin/admin-socket.ts'
import {
  ANOTHER_MACHINE,
  noChromium,
  signInByHand,
  startChromium,
  type TestBrowser,
  untilInPage,
} from '../fixtures/chromium.ts'
import { startServer, type TestServer } from '../fixtures/postern.ts'
import { postern } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const opened = new AsyncDisposableStack()
after(() => opened.disposeAsync())
let world: Promise<{ server: TestServer; browser: TestBrowser; url: string }> | undefined

/** One for all: each test has windows of its own. */
function start() {
  world ??= (async () => {
    const folder = opened.use(await tempFolder('console'))
    const server = opened.use(await startServer(folder.path))
    const browser = opened.use(await startChromium(server.url))
    return { server, browser, url: `${server.url}/console/` }
  })()
  return world
}

async function newCode({ data, accessKey }: TestServer): Promise<string> {
  const path = adminSocketPath(relative(process.cwd(), data), process.cwd())
  const params = { AccessKeyId: accessKey.AccessKeyId }
  const answer = await callAdmin(createConsoleCode, { path, params, signal: AbortSignal.timeout(10_000) })
  return answer?.reply.Code ?? assert.fail('the server does not answer')
}

test('signs in by keyboard alone, every page opens, and the secret never travels or stays', {
  skip: noChromium,
}, async () => {
  const { server, browser, url } = await start()
  const { page, requests, ...window } = await browser.open({ keyboardOnly: true })
  await page.goto(url)
  await window.assertAccessible()
  await page.keyboard.press('Tab')
  assert.equal(await page.locator(':focus').textContent(), 'Skip to the content')
  await page.keyboard.press('Enter')
  for (const text of [server.accessKey.AccessKeyId, server.accessKey.AccessKeySecret]) {
    await page.keyboard.press('Tab')
    await page.keyboard.type(text)
  }
  await page.keyboard.press('Enter')
  const heading = page.getByRole('heading', { level: 1 })
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  for (const name of ['Discover', 'Gateways', 'Tasks', 'Access', 'Audit', 'API explorer', 'Error centre', 'Overview']) {
    const link = page.getByRole('link', { name, exact: true })
    await link.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name }).waitFor()
    assert.equal(await link.getAttribute('aria-current'), 'page')
    await untilInPage(page, 'document.activeElement?.tagName === "H1"')
    assert.equal(await page.title(), `${name} · Postern`)
  }
  await page.goBack()
  assert.equal(await heading.textContent(), 'Error centre')
  assert.equal(await page.getByRole('link', { name: 'Help' }).getAttribute('href'), '/docs/')

  const { AccessKeySecret } = server.accessKey
  for (const request of requests) {
    const headers = JSON.stringify(await request.allHeaders())
    assert.ok(![request.url(), request.postData() ?? '', headers].some((text) => text.includes(AccessKeySecret)))
  }
  const kept = 'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])'
  assert.ok(!String(await page.evaluate(kept)).includes(AccessKeySecret))

  await page.reload()
  await page.getByRole('heading', { level: 1, name: 'Error centre' }).waitFor()
  await page.getByRole('link', { name: 'Tasks' }).press('Enter')
  await page.getByText('after a reload you sign in again').waitFor()
  window.assertClean()
})

test('a wrong secret is told with its code and RequestId, and signing out forgets the key', {
  skip: noChromium,
}, async () => {
  const { server, browser, url } = await start()
  const { page, ...window } = await browser.open()
  await page.goto(url)
  await page.getByLabel('AccessKey ID').fill(server.accessKey.AccessKeyId)
  await page.locator('input[type=password]').fill('wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  const alert = page.getByRole('alert')
  await alert.getByText('SignatureDoesNotMatch', { exact: true }).waitFor()
  await alert.getByText(/^RequestId: [0-9A-F-]{36}$/).waitFor()
  const link = await alert.getByRole('link').getAttribute('href')
  assert.match(link ?? '', /\/errors\/SignatureDoesNotMatch\?requestId=/)
  await window.assertAccessible()
  await signInByHand(page, server.accessKey)
  await page.getByRole('button', { name: 'Account' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByText('You have signed out. The key is forgotten.').waitFor()
  window.assertClean()
})

for (const [locale, colorScheme, overview, background] of [
  ['en-GB', 'dark', 'Overview', 'rgb(36, 36, 36)'],
  ['zh-CN', 'light', '概览', 'rgb(255, 255, 255)'],
] as const) {
  test(`${locale}, ${colorScheme}, at 360 px: what the browser says is taken, axe finds nothing`, {
    skip: noChromium,
  }, async () => {
    const { server, browser, url } = await start()
    const { page, ...window } = await browser.open({ locale, colorScheme, viewport: { width: 360, height: 640 } })
    await page.goto(url)
    await window.assertAccessible()
    await signInByHand(page, server.accessKey)
    await page.getByRole('heading', { level: 1, name: overview }).waitFor()
    assert.equal(await page.locator('html').getAttribute('lang'), locale === 'zh-CN' ? 'zh-CN' : 'en')
    assert.equal(await page.evaluate('getComputedStyle(document.body).backgroundColor'), background)
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, 'nothing is beyond the edge')
    await page.locator('.mantine-Burger-root').click()
    await page.getByRole('link', { name: overview }).waitFor()
    await window.assertAccessible()
    window.assertClean()
  })
}

test('language and colours can be chosen, and stay chosen after a reload', { skip: noChromium }, async () => {
  const { browser, url } = await start()
  const { page, ...window } = await browser.open({ keyboardOnly: true })
  await page.goto(url)
  await page.getByRole('button', { name: '中文' }).press('Enter')
  await page.getByRole('heading', { level: 1, name: '登录' }).waitFor()
  await page.getByRole('button', { name: '配色' }).press('Enter')
  await page.getByRole('menuitemradio', { name: '深色' }).press('Enter')
  await page.reload()
  await page.getByRole('heading', { level: 1, name: '登录' }).waitFor()
  assert.equal(await page.locator('html').getAttribute('data-mantine-color-scheme'), 'dark')
  await window.assertAccessible()
  window.assertClean()
})

test('a one-use code signs in once, and is gone from the address at once', { skip: noChromium }, async () => {
  const { server, browser, url } = await start()
  const code = await newCode(server)
  const link = `${url}#code=${code}`
  const { page, requests, ...window } = await browser.open()
  await page.goto(link)
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  assert.equal(page.url(), url)
  await page.getByRole('button', { name: 'Account' }).click()
  await page.getByText(/assumed-role\/caller\/console/).waitFor()
  await page.getByText(/^STS\..*until/).waitFor()
  assert.ok(requests.every((request) => !request.url().includes('code=')))
  window.assertClean()

  const again = await browser.open()
  await again.page.goto(link)
  await again.page.getByText('The link did not sign you in').waitFor()
  assert.equal(again.page.url(), url)
  again.assertClean()

  const { stdout } = await postern(['audit', 'list', '--data', server.data, '--output', 'json'])
  assert.match(stdout, /"kind":"operator","action":"create-console-code","account":"\d+","outcome":"OK"/)
  assert.match(stdout, /"kind":"sign-in","action":"OpenConsole","account":"\d+","principal":"\d+:root","key":"STS\./)
  assert.ok(![stdout, server.process().output()].some((text) => text.includes(code)), 'the code is in no log')
})

test('no inline script runs, and an address that is none says so', { skip: noChromium }, async () => {
  const { server, browser, url } = await start()
  const { page } = await browser.open()
  await page.goto(url)
  const inline = `(() => { const s = document.createElement('script'); s.textContent = 'window.ran = true'; document.body.append(s); return window.ran ?? false })()`
  assert.equal(await page.evaluate(inline), false)
  const { page: other, ...window } = await browser.open()
  await other.goto(`${url}nothing/here`)
  await other.getByRole('heading', { level: 1, name: 'There is no such page' }).waitFor()
  await other.getByRole('link', { name: 'To the overview' }).click()
  await signInByHand(other, server.accessKey)
  window.assertClean()
})

test('over plain HTTP from another machine the page says what to do', { skip: noChromium }, async () => {
  const { server, browser } = await start()
  const host = `http://${ANOTHER_MACHINE}:${new URL(server.url).port}`
  const expects = /The Cross-Origin-Opener-Policy header has been ignored/
  const { page, ...window } = await browser.open({ origin: host, expects })
  await page.goto(`${host}/console/`)
  await page.getByRole('heading', { level: 1, name: 'This page is not in a secure context' }).waitFor()
  await page.getByText(/^ssh -N -L \d+:127\.0\.0\.1:\d+ postern\.example$/).waitFor()
  await window.assertAccessible()
  window.assertClean()
})
