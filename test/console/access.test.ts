import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { z } from 'zod'
import { POLICY_FAULTS_ZH } from '../../console/src/texts/policy-faults.zh.ts'
import { POLICY_FAULT_KINDS } from '../../src/access/policy-fault.ts'
import { createApiClient } from '../../src/cli/api-client.ts'
import { chooseByKeys, noChromium, pressFirmly, signInByHand, startChromium } from '../fixtures/chromium.ts'
import { startServer } from '../fixtures/postern.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const RAM = '2015-05-01'
const opened = new AsyncDisposableStack()
after(() => opened.disposeAsync())

/** Of each test its own: the users of one would be in the other's lists. */
async function start() {
  const folder = opened.use(await tempFolder('console-access'))
  const server = opened.use(await startServer(folder.path))
  const browser = opened.use(await startChromium(server.url))
  return { server, browser, url: `${server.url}/console`, folder: folder.path }
}

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor()

const press = (page: Page, name: string) => pressFirmly(page.getByRole('button', { name, exact: true }))

test('a user, her key and her policy are made, used, tested, changed and taken away, by keyboard', {
  skip: noChromium,
}, async () => {
  const { server, browser, url, folder } = await start()
  const { page, requests, ...window } = await browser.open({ keyboardOnly: true })
  await page.goto(`${url}/access`)
  await signInByHand(page, server.accessKey)
  await page.getByText('There are no users yet').waitFor()
  await page.getByRole('link', { name: 'New user' }).focus()
  await page.keyboard.press('Enter')
  await heading(page, 'New user')
  await page.locator('h1:focus').waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.type('alice')
  await page.keyboard.press('Tab')
  await page.keyboard.type('Alice')
  await page.keyboard.press('Enter')
  await heading(page, 'User alice')

  await press(page, 'Create an AccessKey')
  const secretBox = page.getByRole('region', { name: 'The secret is shown now, and never again' })
  await secretBox.waitFor()
  await page.locator('#new-secret:focus').waitFor()
  await window.assertAccessible()
  const downloading = page.waitForEvent('download')
  await press(page, 'Download as a file')
  const keyFile = `${folder}/alice.json`
  await (await downloading).saveAs(keyFile)
  const { AccessKeySecret: secret } = z
    .object({ AccessKeyId: z.string(), AccessKeySecret: z.string() })
    .parse(JSON.parse(await readFile(keyFile, 'utf8')))
  assert.match(await secretBox.innerText(), new RegExp(secret))
  const alice = await createApiClient({ endpoint: server.url, keyFile }, {})
  const regions = () => alice.call('DescribeRegions', { version: '2019-03-06', params: {} })
  assert.equal((await regions()).status, 403)
  await press(page, 'I have it: hide it')
  await secretBox.waitFor({ state: 'detached' })
  assert.ok(!(await page.content()).includes(secret))
  const kept = 'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])'
  assert.ok(!String(await page.evaluate(kept)).includes(secret))

  // A policy of her own, with a fault that is marked where it stands.
  await page.getByRole('link', { name: 'Policies', exact: true }).press('Enter')
  await page.getByRole('link', { name: 'New policy' }).press('Enter')
  await page.getByLabel('Policy name').fill('Reader')
  const editor = page.getByLabel('Text of the policy')
  await editor.fill('{"Version":"1",\n "Statement":[{"Effect":"Permit","Action":"dbs:Describe*","Resource":"*"}]}')
  await page.getByText(/^Line 2, column 25:/).waitFor()
  assert.equal(await page.locator('.policy-editor mark').innerText(), '"Permit"')
  assert.equal(await editor.getAttribute('aria-invalid'), 'true')
  assert.ok(await page.getByRole('button', { name: 'Create the policy' }).isDisabled())
  await window.assertAccessible()
  await press(page, 'Go there')
  await page.keyboard.type('"Allow"')
  await page.getByText('The server takes this text.').waitFor()
  await press(page, 'Tidy up')
  await press(page, 'Create the policy')
  await heading(page, 'Policy Reader')

  await page.goto(`${url}/access/users/alice`)
  await signInByHand(page, server.accessKey)
  await chooseByKeys(page, 'Attach another policy', 'Reader')
  await press(page, 'Attach')
  await page.getByRole('button', { name: 'Detach Reader' }).waitFor()
  assert.equal((await regions()).status, 200)

  await page.getByRole('link', { name: 'What may this user do?' }).press('Enter')
  await heading(page, 'May X do Y?')
  assert.equal(await page.getByLabel('Who').inputValue(), 'user:alice')
  await page.getByLabel('Does what').fill('dbs:DescribeRegions')
  await press(page, 'Ask')
  const answer = page.getByRole('region', { name: 'The answer' })
  await answer.getByText('Allowed', { exact: true }).waitFor()
  await answer.getByText('Statement 1 decides, of Reader').waitFor()
  assert.match(await answer.locator('pre').innerText(), /"dbs:Describe\*"/)
  await page.getByLabel('Does what').fill('ram:CreateUser')
  await press(page, 'Ask')
  await answer.getByText('No: no statement allows it.').waitFor()
  await page.getByLabel('Does what').fill('dbs:DescribeRegions')
  await page.getByLabel('As if another policy were attached, too').press('Space')
  await page
    .getByLabel('Text of the policy')
    .fill('{"Version":"1","Statement":[{"Effect":"Deny","Action":"dbs:*","Resource":"*"}]}')
  await press(page, 'Ask')
  await answer.getByText('No: a statement denies it.').waitFor()
  await answer.getByText('of the policy that you wrote').waitFor()
  await window.assertAccessible()

  // Changed at once for whoever has it.
  await page.getByRole('link', { name: 'Policies', exact: true }).press('Enter')
  await page.getByRole('grid', { name: 'Policies' }).focus()
  await page.keyboard.press('End')
  await page.keyboard.press('Enter')
  await heading(page, 'Policy Reader')
  await page.getByText('One user has it').waitFor()
  const text = await editor.inputValue()
  await editor.fill(text.replace('dbs:Describe*', 'dbs:Get*'))
  await page.getByText('The server takes this text.').waitFor()
  await press(page, 'Save the policy')
  await page.getByText('Saved. It counts from the next request on.').waitFor()
  assert.equal((await regions()).status, 403)
  await press(page, 'Delete the policy')
  await pressFirmly(page.getByRole('dialog').getByRole('button', { name: 'Delete the policy' }))
  await page.getByRole('dialog').getByText('DeleteConflict.Policy.User', { exact: true }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })

  // And all of it away again.
  await page.getByRole('link', { name: 'Users', exact: true }).press('Enter')
  await page.getByRole('grid', { name: 'Users' }).focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await heading(page, 'User alice')
  const confirm = async (button: string, last = button) => {
    await press(page, button)
    await pressFirmly(page.getByRole('dialog').getByRole('button', { name: last, exact: true }))
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
  await confirm('Disable')
  await page.getByText('Inactive', { exact: true }).waitFor()
  assert.equal((await regions()).body['Code'], 'InvalidAccessKeyId.Inactive')
  await press(page, 'Enable')
  await page.getByText('Active', { exact: true }).waitFor()
  await page.getByLabel('Display name').fill('Alice B')
  await press(page, 'Save')
  await confirm('Detach Reader', 'Detach')
  await page.getByText('No policies: the user may do nothing.').waitFor()
  await confirm('Delete')
  await page.getByText('No keys yet.').waitFor()
  const shown = z.object({ User: z.object({ DisplayName: z.string() }) })
  assert.equal(shown.parse((await server.call('GetUser', { UserName: 'alice' }, RAM)).body).User.DisplayName, 'Alice B')
  await confirm('Delete the user')
  await page.getByText('There are no users yet').waitFor()
  assert.ok(requests.every((request) => !(request.postData() ?? '').includes(secret)))
  window.assertClean()
})

test('every kind of fault in a policy is told in Chinese, and no other', () => {
  assert.deepEqual(Object.keys(POLICY_FAULTS_ZH), [...POLICY_FAULT_KINDS])
  const fault = { Message: '', Element: 'Statement[0]', Found: 'x' }
  for (const [kind, tell] of Object.entries(POLICY_FAULTS_ZH)) {
    for (const Name of [['a'], ['a', 'b']])
      assert.match(tell({ ...fault, Expected: { Name } }), /\p{Script=Han}/u, kind)
  }
})

test('in Chinese, dark, at 360 px: every part of it shows, axe finds nothing, nothing is beyond the edge', {
  skip: noChromium,
}, async () => {
  const { server, browser, url } = await start()
  await server.call('CreateUser', { UserName: 'bob' }, RAM)
  await server.call('CreateAccessKey', { UserName: 'bob' }, RAM)
  const policy = { PolicyName: 'AliyunDBSReadOnlyAccess', PolicyType: 'System', UserName: 'bob' }
  await server.call('AttachPolicyToUser', policy, RAM)
  const { page, ...window } = await browser.open({
    locale: 'zh-CN',
    colorScheme: 'dark',
    viewport: { width: 360, height: 640 },
  })
  await page.goto(`${url}/access`)
  await signInByHand(page, server.accessKey)
  const parts = page.getByRole('navigation', { name: '访问控制的各部分' })
  const look = async (name: string) => {
    await heading(page, name)
    await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' })
    await window.assertAccessible()
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, name)
  }
  await look('访问控制')
  await page.getByRole('grid').focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await look('用户 bob')
  await parts.getByRole('link', { name: '权限策略' }).click()
  await look('权限策略')
  await page.getByRole('grid').focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await look('策略 AdministratorAccess')
  await parts.getByRole('link', { name: '权限策略' }).click()
  await page.getByRole('link', { name: '新建策略' }).click()
  await look('新建策略')
  await page.getByLabel('策略内容').fill('{')
  await page.getByText('第 1 行,第 2 列:不是有效的 JSON').waitFor()
  await page.getByLabel('策略内容').fill('{"Version":"1","Statement":[{"Effect":"allow"}]}')
  await page.getByText('Statement[0].Effect 必须是 "Allow" 或 "Deny"。').waitFor()
  await parts.getByRole('link', { name: '谁能做什么?' }).click()
  await look('谁能做什么?')
  await page.getByRole('button', { name: '提问' }).click()
  await page.getByText('可以:有语句允许,且没有语句拒绝。').waitFor()
  await parts.getByRole('link', { name: '我的密钥' }).click()
  await look('我的密钥')
  window.assertClean()
})
