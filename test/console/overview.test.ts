import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type ScriptedGateway, connectScripted, enrollKey } from '../fixtures/scripted-gateway.ts'
import { noChromium, signInByHand, startChromium } from '../fixtures/chromium.ts'
import { startServer, type TestServer } from '../fixtures/postern.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const opened = new AsyncDisposableStack()
after(() => opened.disposeAsync())

async function create(server: TestServer, gateway: ScriptedGateway): Promise<void> {
  const answer = await server.call('CreateGetDBListFromAgentTask', {
    BackupGatewayId: String(gateway.identity.gateway),
    DatabaseType: 'MySQL',
    SourceEndpointIP: '10.0.0.12',
    DeliveryTimeoutSeconds: '1',
  })
  assert.ok(answer.ok)
}

test('gateways, tasks and failures show as they are, in both languages, by keyboard', {
  skip: noChromium,
}, async () => {
  const folder = opened.use(await tempFolder('console-overview'))
  const server = opened.use(await startServer(folder.path))
  const browser = opened.use(await startChromium(server.url))
  const { page, ...window } = await browser.open({ keyboardOnly: true })
  const url = `${server.url}/console/`
  await page.goto(url)
  await signInByHand(page, server.accessKey)
  await page.getByText('No gateway is enrolled yet.').waitFor()
  await window.assertAccessible()

  const { identity, key } = await enrollKey(server.url, server.api)
  const gateway = opened.use(await connectScripted({ url: server.url, identity, key }))
  gateway.ready()
  const tile = (name: string) => page.locator('.tiles > *').filter({ hasText: name })
  await tile('Gateways online')
    .filter({ hasText: /1of 1$/ })
    .waitFor()
  await page.getByText('No task ended in this time.').waitFor()
  for (const names of [['a'], ['a', 'b']]) {
    await create(server, gateway)
    const run = await gateway.nextRun()
    gateway.accept(run)
    gateway.finish(run, names)
    await gateway.nextReceived()
  }
  // One more, that the gateway never begins with.
  await create(server, gateway)
  await tile('Failed or timed out').filter({ hasText: '1 of 3 that ended' }).waitFor({ timeout: 30_000 })
  const failures = page.getByRole('figure').filter({ hasText: 'Failures by code' })
  await failures.getByRole('img').getByText('BackupGateway.').waitFor()
  await failures.getByText('As a table').press('Enter')
  await failures.getByRole('row', { name: /^BackupGateway\.\w+ 1$/ }).waitFor()
  await page.getByRole('img', { name: 'From creation to end' }).waitFor()
  await window.assertAccessible()
  await page.getByLabel('Shown').press('End')
  await tile('Failed or timed out').filter({ hasText: '1 of 3 that ended' }).waitFor()
  await page.getByRole('link', { name: 'Failed or timed out' }).press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Tasks' }).waitFor()
  await page.getByText('1 row').waitFor()
  window.assertClean()

  const chinese = await browser.open({ locale: 'zh-CN', colorScheme: 'dark', viewport: { width: 360, height: 640 } })
  await chinese.page.goto(url)
  await signInByHand(chinese.page, server.accessKey)
  await chinese.page.getByText('已结束 3 个,其中 1 个').waitFor()
  await chinese.page.getByRole('img', { name: '按错误码统计的失败' }).waitFor()
  assert.equal(await chinese.page.evaluate('document.documentElement.scrollWidth'), 360)
  await chinese.assertAccessible()
  chinese.assertClean()
})
