import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { z } from 'zod'
import { toTaskId } from '../../src/model/ids.ts'
import { database, runApi } from '../api/running-api.ts'
import { noChromium, signInByHand, startChromium } from '../fixtures/chromium.ts'
import { freePort } from '../fixtures/free-port.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { startGateway, startServer } from '../fixtures/postern.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const PASSWORD = 'of-the-test'
const MANY = 100_000
const RAM = { version: '2015-05-01' }
/** Of a search over all of them, on a machine that is busy with other tests. */
const SEARCH_MS = 1_000
const skip = noChromium || (findMariadb() === undefined && 'MariaDB is not on this machine (Debian: mariadb-server)')

const endpoint = (host: string, port: number, user: string) =>
  `  - { engine: MySQL, host: ${host}, port: ${port}, user: ${user}, password: ${PASSWORD}, tls: { mode: off } }\n`

async function ask(page: Page, { host, port }: { host: string; port: number }) {
  await page.getByLabel('Host').fill(host)
  await page.getByLabel('Port').fill(String(port))
  await page.keyboard.press('Enter')
}

test('lists a real server step by step; a partial list tells the grant; a failure tells the step and the mend', {
  skip,
}, async () => {
  await using folder = await tempFolder('discover')
  await using mariadb = await startMariadb()
  for (const name of ['shop', 'crm_中文', '=1+1']) await mariadb.query(`CREATE DATABASE \`${name}\``)
  for (const user of ['whole', 'part']) await mariadb.query(`CREATE USER ${user}@'%' IDENTIFIED BY '${PASSWORD}'`)
  await mariadb.query("GRANT SHOW DATABASES ON *.* TO whole@'%'")
  await mariadb.query("GRANT SELECT ON shop.* TO part@'%'")
  const nothing = await freePort()
  const config = `endpoints:\n${endpoint('127.0.0.1', mariadb.port, 'whole')}${endpoint('localhost', mariadb.port, 'part')}${endpoint('127.0.0.1', nothing, 'whole')}`
  await using server = await startServer(folder.path)
  await using gateway = await startGateway(server, folder.path, { config, name: 'cellar' })
  await using browser = await startChromium(server.url)
  const { page, ...window } = await browser.open({
    keyboardOnly: true,
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  await page.goto(`${server.url}/console/discover`)
  await signInByHand(page, server.accessKey)
  await page
    .getByLabel('Gateway')
    .filter({ hasText: `cellar (ONLINE, ${gateway.id})` })
    .waitFor()
  await window.assertAccessible()

  await ask(page, { host: '127.0.0.1', port: mariadb.port })
  const grid = page.getByRole('grid', { name: 'Databases' })
  await grid.getByText('crm_中文').waitFor()
  await page.getByText('The list is complete.').waitFor()
  for (const step of ['Delivered to the gateway', 'Name resolved', 'Connected', 'Logged in', 'Listed']) {
    await page
      .getByRole('listitem')
      .filter({ hasText: new RegExp(`^${step}done\\d+ ms$`) })
      .waitFor()
  }
  assert.match(page.url(), /\/console\/discover\/\d+$/)
  await page.getByRole('button', { name: 'Copy the names' }).press('Enter')
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  assert.equal(await page.evaluate('navigator.clipboard.readText()'), '=1+1\ncrm_中文\nshop')
  const [json, csv] = [await download(page, 'Download JSON'), await download(page, 'Download CSV')]
  assert.deepEqual(JSON.parse(json), ['=1+1', 'crm_中文', 'shop'])
  assert.equal(csv, "\u{feff}Name\r\n'=1+1\r\ncrm_中文\r\nshop\r\n")
  await page.getByLabel('Also those of the server itself').press('Space')
  await grid.getByText('information_schema').waitFor()
  await window.assertAccessible()

  await ask(page, { host: 'localhost', port: mariadb.port })
  await page.getByText('Something is hidden from this user').waitFor()
  await page.getByText(/^GRANT SHOW DATABASES ON /).waitFor()
  await page.getByRole('button', { name: 'Copy the statement' }).press('Enter')
  assert.match(String(await page.evaluate('navigator.clipboard.readText()')), /^GRANT SHOW DATABASES ON /)
  await window.assertAccessible()

  await ask(page, { host: '127.0.0.1', port: nothing })
  const alert = page.getByRole('alert')
  await alert.getByText('It ended with Endpoint.ConnectionRefused').waitFor()
  await alert.getByText(/^What to do: /).waitFor()
  await page
    .getByRole('listitem')
    .filter({ hasText: /^Connectedfailed/ })
    .waitFor()
  await page
    .getByRole('listitem')
    .filter({ hasText: /^Logged innot reached$/ })
    .waitFor()
  await window.assertAccessible()
  window.assertClean()
})

test('100,000 names are shown, searched and walked through without lag, in Chinese and dark; a hundred gateways are looked for by name', {
  skip: noChromium,
}, async () => {
  await using api = await runApi()
  const gateway = await api.addGateway({ name: 'big' })
  const created = await api.call('CreateGetDBListFromAgentTask', {
    BackupGatewayId: String(gateway),
    DatabaseType: 'MySQL',
  })
  const task = Number(created.body['TaskId'])
  const names = Array.from({ length: MANY }, (_, index) => `db_${String(index).padStart(6, '0')}`)
  await api.finish(
    gateway,
    toTaskId(task) ?? assert.fail(),
    names.map((name) => database(name)),
  )
  await using browser = await startChromium(api.url)
  const { page, ...window } = await browser.open({
    locale: 'zh-CN',
    colorScheme: 'dark',
    viewport: { width: 360, height: 700 },
  })
  await page.goto(`${api.url}/console/discover/${task}`)
  await page.getByLabel('AccessKey ID').waitFor()
  await signInByHand(page, { AccessKeyId: api.key.accessKeyId, AccessKeySecret: api.key.secret })
  const grid = page.getByRole('grid', { name: '数据库' })
  await grid.getByText('db_000000').waitFor()
  assert.equal(await grid.getAttribute('aria-rowcount'), String(MANY + 1))
  assert.ok((await grid.getByRole('row').count()) < 60, 'only what is seen is there')
  await window.assertAccessible()

  const search = page.getByLabel('在名称中搜索')
  const began = performance.now()
  await search.fill('DB_09999')
  await page.getByText('10 / 100000 行').waitFor()
  const took = performance.now() - began
  assert.ok(took < SEARCH_MS, `${took} ms`)
  await search.fill('')
  await page.getByText('共 100000 行').waitFor()
  await grid.focus()
  await page.keyboard.press('End')
  await grid.getByText('db_099999').waitFor()
  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowDown')
  assert.equal(await grid.getByRole('row', { selected: true }).textContent(), 'db_000001')
  window.assertClean()

  // More gateways than a list shows are looked for by name; who may not do that gives an id, and is not asked about again.
  await Promise.all(Array.from({ length: 100 }, (_, index) => api.addGateway({ name: `plant-${index}` })))
  const PolicyDocument = '{"Version":"1","Statement":[{"Effect":"Allow","Action":"dbs:*","Resource":"*"}]}'
  const ofUser = { UserName: 'lister', PolicyName: 'Lists', PolicyType: 'Custom' }
  await api.call('CreatePolicy', { PolicyName: 'Lists', PolicyDocument }, RAM)
  await api.call('CreateUser', { UserName: 'lister' }, RAM)
  await api.call('AttachPolicyToUser', ofUser, RAM)
  const made = await api.call('CreateAccessKey', { UserName: 'lister' }, RAM)
  const { AccessKey } = z
    .object({ AccessKey: z.object({ AccessKeyId: z.string(), AccessKeySecret: z.string() }) })
    .parse(made.body)
  const lister = await browser.open()
  await lister.page.goto(`${api.url}/console/discover`)
  await signInByHand(lister.page, AccessKey)
  const id = lister.page.getByLabel('Gateway ID')
  for (const wrong of ['41', '42']) {
    await id.fill(wrong)
    await lister.page.keyboard.press('Enter')
    await lister.page.getByRole('alert').getByText('BackupGateway.NotFound', { exact: true }).waitFor()
  }
  const refused = lister.requests.filter((request) => request.headers()['x-acs-action'] === 'ListGateways')
  assert.ok(refused.length <= 3, `${refused.length} refused requests`)
  lister.assertClean()
})

async function download(page: Page, button: string): Promise<string> {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).press('Enter'),
  ])
  return readFile(await file.path(), 'utf8')
}
