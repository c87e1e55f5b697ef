import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { z } from 'zod'
import { keyFingerprints, loadIdentity } from '../../src/gateway/identity.ts'
import { runApi } from '../api/running-api.ts'
import { chooseByKeys, noChromium, pressFirmly, signInByHand, startChromium } from '../fixtures/chromium.ts'
import { listDatabases, startGateway, startServer } from '../fixtures/postern.ts'
import { findRedis, startRedis } from '../fixtures/redis.ts'
import { startSilentServer } from '../fixtures/silent-server.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const skip = noChromium || (!findRedis() && 'Redis is not on this machine (Debian: redis-server)')
const opened = new AsyncDisposableStack()
after(() => opened.disposeAsync())
let world: ReturnType<typeof makeWorld> | undefined

/** One for all: each test has windows of its own. */
function start() {
  world ??= makeWorld()
  return world
}

async function makeWorld() {
  const folder = opened.use(await tempFolder('console-tasks'))
  const redis = opened.use(await startRedis())
  const silent = opened.use(await startSilentServer())
  await redis.command('SET', 'a', '1')
  const server = opened.use(await startServer(folder.path))
  const entry = (port: number) =>
    `  - { engine: Redis, host: 127.0.0.1, port: ${port}, user: default, password: ${redis.rootPassword}, tls: { mode: off } }\n`
  const config = `endpoints:\n${entry(redis.port)}${entry(silent.port)}`
  const gateway = opened.use(await startGateway(server, folder.path, { config, name: 'cellar' }))
  const browser = opened.use(await startChromium(server.url))
  const { current } = keyFingerprints(await loadIdentity(gateway.data))
  const ask = (port: number) => ({
    BackupGatewayId: gateway.id,
    DatabaseType: 'Redis',
    SourceEndpointIP: '127.0.0.1',
    SourceEndpointPort: String(port),
  })
  const list = async () => {
    const { created } = await listDatabases(server, ask(redis.port))
    return String(z.object({ TaskId: z.number() }).parse(created.body).TaskId)
  }
  return { server, gateway, browser, ask, list, silent, fingerprint: current, url: `${server.url}/console/tasks` }
}

const status = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text }).first().waitFor()

test('tasks come as they are made; filter, details, verification, run again and cancel, by keyboard', {
  skip,
}, async () => {
  const { server, gateway, browser, ask, list, silent, fingerprint, url } = await start()
  const { page, ...window } = await browser.open({ keyboardOnly: true })
  await page.goto(url)
  await signInByHand(page, server.accessKey)
  await page.getByText('There is no task yet.').waitFor()
  await window.assertAccessible()
  const id = await list()
  const grid = page.getByRole('grid', { name: 'Tasks' })
  await grid.getByText('Succeeded').waitFor()
  await grid.getByText('cellar').waitFor()
  await server.call('CreateGetDBListFromAgentTask', { ...ask(1), SourceEndpointPort: '1' })
  await grid.getByText('Endpoint.NotAllowed').waitFor()
  await window.assertAccessible()

  await chooseByKeys(page, 'State', 'Succeeded')
  await page.getByText('1 row').waitFor()
  assert.match(page.url(), /\?state=Succeeded$/)
  await chooseByKeys(page, 'Engine', 'MySQL')
  await page.getByText('No task fits the filter.').waitFor()
  await page.getByRole('button', { name: 'Show all tasks' }).press('Enter')
  const gateways = page.getByRole('combobox', { name: 'Gateway' })
  await gateways.fill('CELL')
  await page.getByRole('option', { name: `cellar (${gateway.id})` }).waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByText('2 rows').waitFor()
  assert.match(page.url(), new RegExp(`gateway=${gateway.id}$`))

  await grid.focus()
  await page.keyboard.press('End')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: `Task ${id}` }).waitFor()
  for (const step of ['Connected', 'Logged in', 'Listed']) {
    await page
      .getByRole('listitem')
      .filter({ hasText: new RegExp(`^${step}done\\d+ ms$`) })
      .waitFor()
  }
  await page.getByText('its outcome ended the task').waitFor()
  await page.getByRole('grid', { name: 'Databases' }).getByText('db0').waitFor()
  await window.assertAccessible()

  const field = page.getByLabel('Fingerprint of the key of the gateway')
  await field.focus()
  await page.keyboard.press('Enter')
  await status(page, 'only as trustworthy as this server')
  await status(page, 'Verified')
  await field.fill(`sha256:${fingerprint}`)
  await page.keyboard.press('Enter')
  await status(page, 'This rests on the fingerprint that you gave')
  await status(page, 'Verified')
  await page
    .getByText(`postern task verify ${id} --endpoint ${server.url} --gateway-fingerprint sha256:${fingerprint}`)
    .waitFor()
  await window.assertAccessible()
  await field.fill('0'.repeat(64))
  await page.keyboard.press('Enter')
  await status(page, 'NOT VERIFIED')
  await page.getByRole('listitem').filter({ hasText: 'WRONG' }).getByText('The key is that of the gateway').waitFor()
  await field.fill('0'.repeat(63))
  await page.getByText('A fingerprint has 64 hex digits.').waitFor()

  await page.getByRole('button', { name: 'Run again' }).press('Enter')
  await page
    .getByRole('heading', { level: 1, name: /^Task (?!.*X)/ })
    .and(page.locator(`:not(:has-text("${id}"))`))
    .waitFor()
  await status(page, 'Succeeded')

  const connected = silent.connected()
  const made = await server.call('CreateGetDBListFromAgentTask', ask(silent.port))
  const running = z.object({ TaskId: z.number() }).parse(made.body).TaskId
  await connected
  await page.getByRole('link', { name: 'All tasks' }).press('Enter')
  await grid.getByText('Running').waitFor()
  await grid.focus()
  await page.keyboard.press('Home')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: `Task ${running}` }).waitFor()
  await page.getByRole('listitem').filter({ hasText: 'running' }).waitFor()
  await page.getByRole('button', { name: 'Cancel the task' }).press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Cancel this task?' })
  await dialog.waitFor()
  await window.assertAccessible()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  await status(page, 'Running')
  await page.getByRole('button', { name: 'Cancel the task' }).press('Enter')
  await pressFirmly(dialog.getByRole('button', { name: 'Cancel the task' }))
  await status(page, 'Cancelled')
  await page.getByText('Task.Cancelled', { exact: false }).first().waitFor()
  window.assertClean()
})

test('what the server has changed since it was signed is not verified', { skip }, async () => {
  const { server, browser, list, fingerprint, url } = await start()
  const id = await list()
  let change: ((text: string) => string) | undefined
  const { page, ...window } = await browser.open()
  await page.route(`${server.url}/`, async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, body: change?.(await response.text()) ?? (await response.text()) })
  })
  await page.goto(`${url}/${id}`)
  await signInByHand(page, server.accessKey)
  const other = Buffer.from('{"name":"db7"}\n').toString('base64')
  for (const [changed, wrong] of [
    [(text: string) => text.replace(/"AttemptId":"./, '"AttemptId":"x'), ['The signature covers']],
    [
      (text: string) => text.replace(/"Part":\["[^"]*"\]/, `"Part":["${other}"]`),
      ['The outcome and the list', 'The signature covers', 'The server shows'],
    ],
    [(text: string) => text.replace('"dbName":["db0"', '"dbName":["db1"'), ['The server shows']],
  ] as const) {
    change = changed
    // What was found before is gone as soon as one types.
    await page.getByLabel('Fingerprint').fill('')
    await page.getByLabel('Fingerprint').fill(fingerprint)
    await page.getByRole('button', { name: 'Verify' }).click()
    await status(page, 'NOT VERIFIED')
    const lines = await page.getByRole('listitem').filter({ hasText: 'WRONG' }).allTextContents()
    assert.equal(lines.length, wrong.length, lines.join())
    for (const [index, text] of wrong.entries()) assert.ok(lines[index]?.includes(text), lines[index])
  }
  window.assertClean()
})

test('a browser without Ed25519 is told the verdict of the server and the command', { skip }, async () => {
  const { server, browser, list, url } = await start()
  const id = await list()
  const { page, ...window } = await browser.open()
  await page.addInitScript(`{
    const all = crypto.subtle.importKey.bind(crypto.subtle)
    crypto.subtle.importKey = async (format, key, algorithm, ...rest) => {
      if (algorithm === 'Ed25519') throw new DOMException('Unrecognized name.', 'NotSupportedError')
      return all(format, key, algorithm, ...rest)
    }
  }`)
  await page.goto(`${url}/${id}`)
  await signInByHand(page, server.accessKey)
  await page.getByRole('button', { name: 'Verify' }).click()
  await status(page, 'This browser cannot check Ed25519 signatures')
  await page.getByText('What the server found: valid').waitFor()
  await page.getByText(`postern task verify ${id} --endpoint ${server.url}`).waitFor()
  window.assertClean()
})

test('in Chinese, dark, at 360 px', { skip }, async () => {
  const { server, browser, list, url } = await start()
  const id = await list()
  const { page, ...window } = await browser.open({
    locale: 'zh-CN',
    colorScheme: 'dark',
    viewport: { width: 360, height: 640 },
  })
  await page.goto(url)
  await page.getByLabel('AccessKey ID').waitFor()
  await signInByHand(page, server.accessKey)
  await page.getByRole('grid', { name: '任务' }).getByText('成功').first().waitFor()
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360)
  await window.assertAccessible()
  await page.getByLabel('状态').selectOption({ label: '成功' })
  await page.getByRole('grid', { name: '任务' }).getByText('成功').first().click()
  await page.getByRole('heading', { level: 1, name: `任务 ${id}` }).waitFor()
  await page.getByRole('button', { name: '验证' }).click()
  await status(page, '验证通过')
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360)
  await window.assertAccessible()
  window.assertClean()
})

test('who reads further down is left alone: new tasks are counted, and shown when one goes to the newest', {
  skip: noChromium,
}, async () => {
  await using api = await runApi()
  const gateway = String(await api.addGateway())
  const create = async () => {
    const params = { BackupGatewayId: gateway, DatabaseType: 'MySQL', DeliveryTimeoutSeconds: '3600' }
    return Number((await api.call('CreateGetDBListFromAgentTask', params)).body['TaskId'])
  }
  for (let i = 0; i < 250; i += 50) await Promise.all(Array.from({ length: 50 }, create))
  await using browser = await startChromium(api.url)
  const { page, requests, ...window } = await browser.open()
  await page.goto(`${api.url}/console/tasks`)
  await signInByHand(page, { AccessKeyId: api.key.accessKeyId, AccessKeySecret: api.key.secret })
  const grid = page.getByRole('grid', { name: 'Tasks' })
  await page.getByText('100 rows so far').waitFor()
  assert.ok((await grid.getByRole('row').count()) < 40, 'only what is seen is there')
  await grid.focus()
  for (const rows of ['200 rows so far', '250 rows']) {
    await page.keyboard.press('End')
    await page.getByText(rows, { exact: false }).waitFor()
  }
  await page.keyboard.press('End')
  const before = '251'
  await grid.locator(`[aria-rowindex="${before}"]`).waitFor()
  await create()
  await create()
  const newest = page.getByRole('button', { name: '2 new tasks: to the newest' })
  await newest.waitFor()
  assert.equal(await grid.getByRole('row').last().getAttribute('aria-rowindex'), before)
  await window.assertAccessible()
  await newest.press('Enter')
  await page.getByRole('button', { name: 'To the newest' }).and(page.locator(':disabled')).waitFor()
  await grid.locator('[aria-rowindex="2"]').waitFor()
  await grid.focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: /^Task \d+$/ }).waitFor()
  await page.getByText('No gateway was given it yet.').waitFor()
  window.assertClean()

  // Pages that are refused do not ask again and again: each time would be an entry of the audit trail.
  await api.call('CreateUser', { UserName: 'nobody' }, { version: '2015-05-01' })
  const made = await api.call('CreateAccessKey', { UserName: 'nobody' }, { version: '2015-05-01' })
  const { AccessKey } = z
    .object({ AccessKey: z.object({ AccessKeyId: z.string(), AccessKeySecret: z.string() }) })
    .parse(made.body)
  const refused = await browser.open()
  await refused.page.clock.install()
  await refused.page.goto(`${api.url}/console/tasks`)
  await signInByHand(refused.page, AccessKey)
  await refused.page.getByRole('alert').getByText('Request.Forbidden', { exact: true }).waitFor()
  const asked = () => refused.requests.filter((request) => request.headers()['x-acs-action'] === 'ListTasks').length
  assert.equal(asked(), 1)
  await refused.page.clock.runFor(20_000)
  assert.equal(asked(), 1)
  await refused.assertAccessible()
  refused.assertClean()
  assert.ok(requests.length < 100, `${requests.length} requests`)
})
