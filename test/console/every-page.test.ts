import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { noChromium, signInByHand, startChromium } from '../fixtures/chromium.ts'
import { DBS, startGateway, startServer, type TestServer, waitForTask } from '../fixtures/postern.ts'
import { findRedis, startRedis } from '../fixtures/redis.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const RAM = '2015-05-01'
/** Where the pictures of the documentation are kept; nowhere unless asked for. */
const IMAGES = process.env['POSTERN_IMAGES']
/** The one that opens after signing in is last: the focus moves to what is opened. */
const PAGES = ['discover', 'gateways', 'tasks', 'access', 'audit', 'explorer', 'errors', '']
const WINDOWS = [
  { locale: 'en-GB', colorScheme: 'light', language: 'en' },
  { locale: 'zh-CN', colorScheme: 'dark', language: 'zh' },
] as const
/** The first paint is to come within a second; a busy machine has five times as long. */
const FIRST_PAINT_MS = 5_000
const skip = noChromium || (!findRedis() && 'Redis is not on this machine (Debian: redis-server)')

/** Something to be seen on every page. */
async function fill(server: TestServer, { id, port }: { id: string; port: number }): Promise<void> {
  for (const host of ['127.0.0.1', '127.0.0.1', 'elsewhere.example']) {
    const parameters = {
      BackupGatewayId: id,
      DatabaseType: 'Redis',
      SourceEndpointIP: host,
      SourceEndpointPort: String(port),
    }
    const { body } = await server.call('CreateGetDBListFromAgentTask', parameters, DBS)
    await waitForTask(server, Number(body['TaskId']))
  }
  await server.call('CreateUser', { UserName: 'nightly' }, RAM)
  await server.call(
    'AttachPolicyToUser',
    { UserName: 'nightly', PolicyName: 'AliyunDBSFullAccess', PolicyType: 'System' },
    RAM,
  )
}

test('every page, English and light, Chinese and dark: nothing serious for axe, no error, no request elsewhere, painted soon', {
  skip,
}, async () => {
  await using folder = await tempFolder('every-page')
  await using redis = await startRedis()
  const config = `endpoints:\n  - { engine: Redis, host: 127.0.0.1, port: ${redis.port}, user: default, password: ${redis.rootPassword}, tls: { mode: off } }\n`
  await using server = await startServer(folder.path)
  await using gateway = await startGateway(server, folder.path, { config, name: 'cellar' })
  await fill(server, { id: gateway.id, port: redis.port })
  await using browser = await startChromium(server.url)
  if (IMAGES !== undefined) await mkdir(IMAGES, { recursive: true })

  for (const { language, ...window } of WINDOWS) {
    const { page, ...opened } = await browser.open(window)
    await page.goto(`${server.url}/console/`)
    const painted = await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0")
    assert.ok(Number(painted) < FIRST_PAINT_MS, `the first paint came after ${String(painted)} ms`)
    await signInByHand(page, server.accessKey)
    for (const name of PAGES) {
      await page.locator(`nav a[href="/console/${name}"]`).first().click()
      await page.locator('h1:focus').waitFor()
      await page.waitForLoadState('networkidle')
      assert.equal(await page.locator('html').getAttribute('lang'), language === 'en' ? 'en' : 'zh-CN')
      await opened.assertAccessible()
      const picture = await page.screenshot()
      assert.ok(picture.length > 10_000, `the page ${name} is empty`)
      if (IMAGES !== undefined) await writeFile(join(IMAGES, `${name || 'overview'}-${language}.png`), picture)
    }
    opened.assertClean()
  }
})
