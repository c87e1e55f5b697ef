import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { z } from 'zod'
import { focusFirmly, noChromium, pressFirmly, signInByHand, startChromium } from '../fixtures/chromium.ts'
import { freePort } from '../fixtures/free-port.ts'
import { startServer } from '../fixtures/postern.ts'
import { postern, startPostern } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const OWN = '2026-12-01'
const opened = new AsyncDisposableStack()
after(() => opened.disposeAsync())

test('a gateway is enrolled with the command of the page, watched, renamed and removed', {
  skip: noChromium,
}, async () => {
  const folder = opened.use(await tempFolder('console-gateways'))
  const server = opened.use(await startServer(folder.path))
  const browser = opened.use(await startChromium(server.url))
  const { page, requests, ...window } = await browser.open({
    keyboardOnly: true,
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  const url = `${server.url}/console/gateways`
  await page.goto(url)
  await signInByHand(page, server.accessKey)
  await page.getByText('No gateway is enrolled yet.').waitFor()
  await window.assertAccessible()
  await page.getByRole('link', { name: 'Enrol a gateway' }).press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Enrol a gateway' }).waitFor()
  await page.getByLabel('Name of the new gateway').fill('cellar')
  await page.keyboard.press('Enter')
  const watch = page.getByRole('status')
  await watch.filter({ hasText: 'Waiting for the command to be run' }).waitFor()
  await page.getByText('This address reaches the server only from this machine.').waitFor()
  await page.getByRole('button', { name: 'Copy the command' }).press('Enter')
  const command = String(await page.evaluate('navigator.clipboard.readText()'))
  await window.assertAccessible()
  await page.getByRole('rowheader', { name: 'cellar' }).waitFor()

  // What is in front of the command is its environment, and the token is nowhere else.
  const [, token = '', line = ''] = /^POSTERN_ENROLLMENT_TOKEN=(\S+) (.*)$/.exec(command) ?? []
  assert.ok(!line.includes(token) && token.length > 20)
  const commands = line.split(' && ').map((each) => each.replace(/^postern /, '').split(' '))
  const data = join(folder.path, 'gateway-data')
  const configuration = join(folder.path, 'gateway.yaml')
  const port = await freePort()
  const entry = `{ engine: Redis, host: 127.0.0.1, port: ${port}, user: u, password: p, tls: { mode: off } }`
  await writeFile(configuration, `endpoints:\n  - ${entry}\n`, { mode: 0o600 })
  const [enrol = [], run = []] = commands.map((words) =>
    words.map((word) => ({ './gateway-data': data, 'gateway.yaml': configuration })[word] ?? word),
  )
  const enrolled = await postern(enrol, { env: { POSTERN_ENROLLMENT_TOKEN: token } })
  assert.equal(enrolled.code, 0, enrolled.stderr)
  await watch.filter({ hasText: 'Waiting for it to connect' }).waitFor()
  await using gateway = startPostern(run)
  await watch.filter({ hasText: 'is online.' }).waitFor()
  await page.getByText('No token is open.').waitFor()
  await page.getByRole('link', { name: 'Show the gateway' }).press('Enter')

  await page.getByRole('heading', { level: 1, name: 'cellar' }).waitFor()
  await watch.filter({ hasText: 'It answered within the last 45 seconds.' }).waitFor()
  const fingerprint = /sha256:[0-9a-f]{64}/.exec(enrolled.stdout)?.[0] ?? assert.fail(enrolled.stdout)
  await page.getByText(fingerprint, { exact: true }).waitFor()
  await page.getByRole('img', { name: 'Round trip' }).waitFor()
  await window.assertAccessible()
  await page.getByRole('button', { name: 'Rename' }).press('Enter')
  const rename = page.getByRole('dialog', { name: 'Rename the gateway' })
  await focusFirmly(rename.getByLabel('New name'))
  await rename.getByLabel('New name').fill('attic')
  await window.assertAccessible()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'attic' }).waitFor()

  await page.getByRole('link', { name: 'All gateways' }).press('Enter')
  const grid = page.getByRole('grid', { name: 'Gateways' })
  await grid.getByText('Online').waitFor()
  await window.assertAccessible()
  await page.getByLabel('Search by name').fill('cellar')
  await page.getByText('No gateway fits.').waitFor()
  await page.getByLabel('Search by name').fill('ATT')
  await grid.getByText('attic').waitFor()
  await gateway.kill('SIGTERM')
  await grid.getByText('Stopped').waitFor()

  await grid.focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Remove' }).press('Enter')
  const remove = page.getByRole('dialog', { name: 'Remove this gateway?' })
  const sure = remove.getByRole('button', { name: 'Remove' })
  await focusFirmly(remove.getByLabel('To be sure, type its name: attic'))
  await remove.getByLabel('To be sure, type its name: attic').fill('atti')
  assert.ok(await sure.isDisabled())
  await page.keyboard.press('Enter')
  assert.ok(await remove.isVisible())
  await window.assertAccessible()
  await remove.getByLabel('To be sure, type its name: attic').fill('attic')
  await page.keyboard.press('Enter')
  await page.getByText('No gateway is enrolled yet.').waitFor()
  assert.ok(requests.every((request) => !`${request.url()} ${request.postData()}`.includes(token)))
  assert.ok(
    !String(await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])')).includes(token),
  )
  window.assertClean()
})

test('in Chinese, dark, at 360 px: a token is made and revoked', { skip: noChromium }, async () => {
  const folder = opened.use(await tempFolder('console-gateways'))
  const server = opened.use(await startServer(folder.path))
  const browser = opened.use(await startChromium(server.url))
  const { page, ...window } = await browser.open({
    locale: 'zh-CN',
    colorScheme: 'dark',
    viewport: { width: 360, height: 640 },
  })
  await page.goto(`${server.url}/console/gateways/enrol`)
  await signInByHand(page, server.accessKey)
  await page.getByLabel('新网关的名称').fill('仓库')
  await page.getByRole('button', { name: '生成令牌' }).click()
  await page.getByRole('status').filter({ hasText: '正在等待命令执行' }).waitFor()
  await page.getByRole('button', { name: '撤销 仓库 的令牌' }).waitFor()
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360)
  await window.assertAccessible()
  await page.getByRole('button', { name: '撤销 仓库 的令牌' }).press('Enter')
  await pressFirmly(page.getByRole('dialog', { name: '撤销此令牌?' }).getByRole('button', { name: '撤销' }))
  await page.getByText('没有未使用的令牌。').waitFor()
  await page.getByRole('status').filter({ hasText: '令牌已被撤销或已过期' }).waitFor()
  const answer = await server.call('ListGatewayEnrollments', {}, OWN)
  const { Enrollments } = z.object({ Enrollments: z.object({ Enrollment: z.array(z.unknown()) }) }).parse(answer.body)
  assert.deepEqual(Enrollments.Enrollment, [])
  await page.goto(`${server.url}/console/gateways`)
  await signInByHand(page, server.accessKey)
  await page.getByText('尚未注册任何网关。').waitFor()
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360)
  await window.assertAccessible()
  window.assertClean()
})
