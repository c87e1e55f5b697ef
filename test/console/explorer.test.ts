import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { z } from 'zod'
import { checkValue, spelled } from '../../console/src/pages/explorer/check-value.ts'
import { type CodeLanguage, tokensOf } from '../../console/src/pages/explorer/code-tokens.ts'
import { DECLARED_ZH } from '../../console/src/texts/explorer-declared.zh.ts'
import { canonicalRequestV3, signV3, stringToSignV3 } from '../../src/access/signature-v3.ts'
import { parametersOf } from '../../src/api/action-fields.ts'
import { documentedActions } from '../../src/api/documented-actions.ts'
import { openApiDocument } from '../../src/api/openapi.ts'
import { isSampleLanguage, sampleCode, TEMPLATES } from '../../src/samples/sample-code.ts'
import { readOpenApi } from '../api/openapi-document.ts'
import {
  noChromium,
  signInByHand,
  startChromium,
  type TestBrowser,
  type WindowOptions,
  untilInPage,
} from '../fixtures/chromium.ts'
import { findProgram } from '../fixtures/find-program.ts'
import { enrollGateway, startServer, type TestServer } from '../fixtures/postern.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { languageHere, sampleRunner } from '../samples/languages.ts'

const LANGUAGES = Object.keys(TEMPLATES).filter(isSampleLanguage)
const NODE_SAMPLE = `Sample code: ${TEMPLATES.node.title}`
const RAM = '2015-05-01'
const PHONE = { viewport: { width: 360, height: 640 } }
const REQUEST_ID = /[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}/

const opened = new AsyncDisposableStack()
after(() => opened.disposeAsync())
let world: Promise<{ server: TestServer; browser: TestBrowser; folder: string }> | undefined

/** One for all: each test has windows of its own. */
function start() {
  world ??= (async () => {
    const folder = opened.use(await tempFolder('explorer')).path
    const server = opened.use(await startServer(folder))
    const browser = opened.use(await startChromium(server.url))
    return { server, browser, folder }
  })()
  return world
}

/** A window at a place of the explorer, signed in by way of the overview. */
async function openSignedIn(path: string, options: WindowOptions = {}) {
  const { server, browser, folder } = await start()
  const window = await browser.open(options)
  await window.page.goto(`${server.url}/console/`)
  await signInByHand(window.page, server.accessKey)
  await go(window.page, path)
  return { ...window, server, folder }
}

/** As a link does it: without losing the session. */
const go = (page: Page, path: string) => page.evaluate(`history.pushState(null, '', '/console/explorer${path}')`)

const block = async (page: Page, name: string | RegExp) => {
  const region = page.getByRole('group', { name, exact: true })
  return (await region.textContent()) ?? ''
}

const posts = (requests: readonly { method(): string; postData(): string | null }[]) =>
  requests.filter((request) => request.method() === 'POST').map((request) => request.postData() ?? '')

test('without signing in: found by keyboard, read, its sample shown; running asks for the sign-in', {
  skip: noChromium,
}, async () => {
  const { server, browser } = await start()
  const { page, requests, ...window } = await browser.open({ keyboardOnly: true })
  await page.goto(`${server.url}/console/explorer`)
  const all = page.getByText(`${documentedActions().length} actions`)
  await all.waitFor()
  await window.assertAccessible()
  await page.getByLabel('Search').focus()
  await page.keyboard.type('waitseconds')
  await page.getByText(/^1 of \d+ actions$/).waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'GetDBListFromAgent' }).waitFor()
  await untilInPage(page, 'document.activeElement?.tagName === "H1"')
  assert.equal(page.url(), `${server.url}/console/explorer/GetDBListFromAgent`)
  assert.equal(await page.title(), 'GetDBListFromAgent · Postern')

  await page.getByRole('tab', { name: 'curl' }).focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowRight')
  assert.match(await block(page, NODE_SAMPLE), /@alicloud\/openapi-client/)
  assert.equal(page.url(), `${server.url}/console/explorer/GetDBListFromAgent/node`)
  await page.getByText(/no value yet for TaskId/).waitFor()
  await page.getByLabel('TaskId').fill('42')
  assert.match(await block(page, NODE_SAMPLE), /'42'/)
  await page.getByText('Sign in to see how the request is signed.').waitFor()
  await window.assertAccessible()

  await page.getByRole('button', { name: 'Sign in to run it' }).press('Enter')
  await signInByHand(page, server.accessKey)
  await page.getByRole('heading', { level: 1, name: 'GetDBListFromAgent' }).waitFor()
  assert.equal(await page.getByLabel('TaskId').inputValue(), '42', 'what was typed is still there')
  assert.equal(posts(requests).length, 1, 'the sign-in alone was sent')
  window.assertClean()
})

test('what is shown step by step is what is sent, what the server verifies, and never the secret', {
  skip: noChromium,
}, async () => {
  const { page, requests, server, ...window } = await openSignedIn('/GetUser', { keyboardOnly: true })
  await page.getByLabel('UserName').fill('nobody.here')
  await page.getByText('This is the request that Run will send.').waitFor()
  const canonical = await block(page, 'The canonical request')
  const toSign = await block(page, 'The string to sign')
  const signature = await block(page, 'The signature')
  const whole = await block(page, 'The request as it goes')
  assert.equal(await block(page, 'The parameters as a form'), 'UserName=nobody.here')

  const before = requests.length
  const answered = page.waitForResponse((response) => response.request().method() === 'POST')
  await page.getByRole('button', { name: 'Run GetUser' }).press('Enter')
  const request = (await answered).request()
  const body = request.postData() ?? ''
  const headers = await request.allHeaders()
  assert.equal(requests.length, before + 1)
  assert.match(headers['authorization'] ?? '', new RegExp(`,Signature=${signature}$`))
  const names = /SignedHeaders=([^,]+)/.exec(headers['authorization'] ?? '')?.[1]?.split(';') ?? []
  const parts = {
    method: 'POST',
    path: '/',
    query: new Map<string, string>(),
    headers: names.map((name) => [name, headers[name] ?? new URL(server.url).host] as const),
    bodyHash: createHash('sha256').update(body).digest('hex'),
  }
  assert.equal(canonical, canonicalRequestV3(parts))
  assert.equal(toSign, stringToSignV3(parts))
  assert.equal(signature, signV3(toSign, server.accessKey.AccessKeySecret))
  assert.ok(whole.endsWith(`\n\n${body}`) && whole.startsWith('POST / HTTP/1.1\nhost: '))

  // The signature was right: it is the user that is not there.
  await page.getByText('HTTP 404', { exact: true }).waitFor()
  await page.getByText('This request was sent.').waitFor()
  assert.match(
    await block(page, 'Body of the answer'),
    /^\{\n {2}"RequestId": "[^"]+",\n[\s\S]*"Code": "EntityNotExist.User"/,
  )
  await page.getByText(REQUEST_ID).first().waitFor()
  await page.getByText(/^\d+ ms$/).waitFor()
  const link = page.getByRole('link', { name: 'What EntityNotExist.User means and what to do' })
  assert.match(
    (await link.getAttribute('href')) ?? '',
    /^\/console\/errors\/EntityNotExist\.User\?requestId=[0-9A-F-]+$/,
  )
  await page.getByText('Headers of the answer').press('Enter')
  assert.match(await block(page, 'Headers of the answer'), /content-type: application\/json[\s\S]*x-acs-request-id: /)
  await window.assertAccessible()

  // Again: another nonce, and XML.
  await page.getByRole('radio', { name: 'JSON' }).press('ArrowRight')
  await page.getByText('This is the request that Run will send.').waitFor()
  assert.notEqual(await block(page, 'The signature'), signature)
  await page.getByRole('button', { name: 'Run GetUser' }).press('Enter')
  await page.getByRole('group', { name: 'Body of the answer' }).getByText('<?xml').first().waitFor()
  assert.match(await block(page, 'Body of the answer'), /^<\?xml[^\n]*\?>\n<Error>\n {2}<RequestId>[\s\S]*\n<\/Error>$/)
  await page.getByRole('link', { name: 'What EntityNotExist.User means and what to do' }).waitFor()
  for (const text of [await page.content(), page.url(), ...posts(requests)]) {
    assert.ok(!text.includes(server.accessKey.AccessKeySecret))
  }
  assert.ok(!page.url().includes(server.accessKey.AccessKeyId))
  window.assertClean()
})

test('what changes something asks first; faults are told at their field; all by keyboard', {
  skip: noChromium,
}, async () => {
  const { page, requests, server, ...window } = await openSignedIn('/CreateUser', { keyboardOnly: true })
  const name = page.getByLabel('UserName')
  await name.focus()
  await page.keyboard.press('Enter')
  await page.getByText('The action needs a value here.').waitFor()
  await untilInPage(page, 'document.activeElement?.name === "UserName"')
  await page.keyboard.type('not a name')
  await page.getByText(/^It does not have the form/).waitFor()
  await page.getByText('Give the form sound values to see the request.').waitFor()
  await window.assertAccessible()

  const before = posts(requests).length
  await name.fill('of.the.explorer')
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Run CreateUser?' })
  await dialog.getByText('of.the.explorer').waitFor()
  await window.assertAccessible()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  assert.equal(posts(requests).length, before)
  assert.equal((await server.call('GetUser', { UserName: 'of.the.explorer' }, RAM)).ok, false)

  await name.focus()
  await page.keyboard.press('Enter')
  await dialog.getByRole('button', { name: 'Yes, run it' }).waitFor()
  await untilInPage(page, 'document.activeElement?.textContent === "Yes, run it"')
  await page.keyboard.press('Enter')
  await page.getByText('HTTP 200', { exact: true }).waitFor()
  assert.equal((await server.call('GetUser', { UserName: 'of.the.explorer' }, RAM)).ok, true)

  // What deletes does not begin at the button that does it.
  await go(page, '/DeleteUser')
  await page.getByRole('button', { name: 'Fill in examples where a value is needed' }).press('Enter')
  assert.equal(await page.getByLabel('UserName').inputValue(), 'alice')
  await page.getByRole('button', { name: 'Run DeleteUser' }).press('Enter')
  await untilInPage(page, 'document.activeElement?.textContent === "No, do not"')
  await page.keyboard.press('Enter')
  assert.equal(posts(requests).length, before + 1)
  window.assertClean()
})

test('an answer that takes its time can be left; one that is no result yet says so', { skip: noChromium }, async () => {
  const { page, server, folder, ...window } = await openSignedIn('/GetDBListFromAgent')
  // Nobody comes for its tasks: it only enrolled.
  const { id } = await enrollGateway(server, folder)
  const created = await server.call('CreateGetDBListFromAgentTask', {
    BackupGatewayId: id,
    DatabaseType: 'Redis',
    SourceEndpointIP: '127.0.0.1',
  })
  await page.getByLabel('TaskId').fill(String(created.body['TaskId']))
  const run = page.getByRole('button', { name: 'Run GetDBListFromAgent' })
  await run.click()
  await page.getByText('HTTP 200', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'What Task.NotFinished means and what to do' }).waitFor()
  await page.getByLabel('WaitSeconds').fill('25')
  await run.click()
  await page.getByRole('button', { name: 'Stop waiting' }).click()
  await page.getByText('You have stopped waiting.').waitFor()
  await page.getByRole('button', { name: 'Stop waiting' }).waitFor({ state: 'detached' })
  window.assertClean()
})

/** Each takes its turn. */
const languageOf = (index: number) => LANGUAGES[index % LANGUAGES.length] ?? 'curl'

test('every action has a form with its parameters and a sample at an address of its own, in turn in each language', {
  skip: noChromium,
}, async () => {
  const { server, browser } = await start()
  const { page, ...window } = await browser.open()
  await page.goto(`${server.url}/console/explorer`)
  await page.getByText(/^\d+ actions$/).waitFor()
  const actions = documentedActions().map((action) => ({ ...action, parameters: parametersOf(action) }))
  const wanted = actions.map(({ name }, index) => {
    const language = languageOf(index)
    return { name, language, label: `[aria-label="Sample code: ${TEMPLATES[language].title}"]` }
  })
  const script = `(async () => {
    const until = async (find) => {
      const end = performance.now() + 5000
      while (performance.now() < end) {
        const found = find()
        if (found) return found
        await new Promise((resolve) => setTimeout(resolve))
      }
      throw new Error('not shown: ' + location.pathname)
    }
    const shown = []
    for (const { name, language, label } of ${JSON.stringify(wanted)}) {
      history.pushState(null, '', '/console/explorer/' + name + '/' + language)
      const code = await until(() => document.querySelector('h1')?.textContent === name && document.querySelector(label))
      const fields = [...document.querySelectorAll('form [name]:not([type=radio])')]
      shown.push({ name, sample: code.textContent, fields: fields.map((field) => [field.name, field.getAttribute('aria-required') === 'true']) })
    }
    return shown
  })()`
  const shape = z.array(
    z.object({
      name: z.string(),
      sample: z.string(),
      fields: z.array(z.tuple([z.string(), z.boolean()])),
    }),
  )
  const shown = shape.parse(await page.evaluate(script))
  for (const [index, { name, version, parameters }] of actions.entries()) {
    const fields = new Map(shown[index]?.fields)
    assert.deepEqual(fields, new Map(parameters.map((each) => [each.name, each.required])), name)
    const language = languageOf(index)
    const expected = sampleCode({ name, version, parameters }, { language, parameters: {}, endpoint: server.url })
    assert.equal(shown[index]?.sample, expected, `${name}, ${language}`)
  }
  // The one action that starts something to wait for.
  const create = actions.find(({ name }) => name === 'CreateGetDBListFromAgentTask') ?? assert.fail()
  await go(page, `/${create.name}/curl`)
  await page.getByLabel('Also wait for the list').check()
  const options = { language: 'curl', parameters: {}, endpoint: server.url, waitForList: true } as const
  assert.equal(await block(page, 'Sample code: curl'), sampleCode(create, options))
  window.assertClean()
})

test('the curl sample, copied from the page, runs as it stands', {
  skip:
    noChromium ||
    (['curl', 'openssl'].some((tool) => findProgram(tool) === undefined) && 'curl or openssl is not on this machine'),
}, async () => {
  const { page, server, folder, ...window } = await openSignedIn('/GetUser', {
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  await server.call('CreateUser', { UserName: 'copied', Comments: "it's 数据库 & more" }, RAM)
  await page.getByLabel('UserName').fill('copied')
  await page.getByRole('button', { name: 'Copy the code' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  const code = z.string().parse(await page.evaluate('navigator.clipboard.readText()'))
  const { AccessKeyId, AccessKeySecret } = server.accessKey
  assert.ok(!code.includes(AccessKeyId) && !code.includes(AccessKeySecret))
  const curl = await languageHere('curl')
  if ('missing' in curl) assert.fail(curl.missing)
  const key = { ALIBABA_CLOUD_ACCESS_KEY_ID: AccessKeyId, ALIBABA_CLOUD_ACCESS_KEY_SECRET: AccessKeySecret }
  const { stdout, stderr } = await (await sampleRunner('curl', curl, folder)).run(code, key)
  const { User } = z
    .object({ User: z.object({ Comments: z.string() }) })
    .parse(JSON.parse(stdout), { error: () => stderr })
  assert.equal(User.Comments, "it's 数据库 & more")
  window.assertClean()
})

test('in Chinese, dark, on a phone: nothing is beyond the edge, axe finds nothing', { skip: noChromium }, async () => {
  const { server, browser } = await start()
  const { page, ...window } = await browser.open({ ...PHONE, locale: 'zh-CN', colorScheme: 'dark' })
  await page.goto(`${server.url}/console/explorer`)
  await page.getByRole('link', { name: /^GetSignedResult/ }).click()
  await page.getByRole('heading', { level: 1, name: 'GetSignedResult' }).waitFor()
  await untilInPage(page, 'scrollY === 0 && document.activeElement?.tagName === "H1"')
  await page.getByRole('link', { name: '全部操作' }).click()
  await page.getByLabel('搜索').fill('权限策略 用户')
  await page.getByRole('link', { name: /ListPoliciesForUser 用户拥有的权限策略/ }).click()
  await page.getByRole('heading', { level: 1, name: 'ListPoliciesForUser' }).waitFor()
  await page.getByRole('button', { name: '登录后运行' }).click()
  await page.getByLabel('AccessKey ID').fill(server.accessKey.AccessKeyId)
  await page.locator('input[type=password]').fill(server.accessKey.AccessKeySecret)
  await page.keyboard.press('Enter')
  await page.getByLabel('UserName').fill('of.nobody')
  await page.getByText('这就是点击“运行”时将发送的请求。').waitFor()
  await page.getByRole('button', { name: '运行 ListPoliciesForUser' }).click()
  await page.getByText('HTTP 404', { exact: true }).waitFor()
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360)
  await window.assertAccessible()
  await page.getByRole('link', { name: '全部操作' }).click()
  await page.getByRole('heading', { level: 1, name: 'API 浏览器' }).waitFor()
  await window.assertAccessible()
  await page.goto(`${server.url}/console/explorer/NoSuchThing`)
  await page.getByText('本服务器没有操作 NoSuchThing。').waitFor()
  window.assertClean()
})

const { operations } = readOpenApi(openApiDocument(documentedActions(), 'http://127.0.0.1').text)

test('every sentence about an action and a parameter is there in Chinese, and no other is', () => {
  const said = operations.flatMap(({ operation }) => [
    operation.summary,
    ...operation.parameters.map(({ description }) => description),
  ])
  assert.deepEqual(new Set(Object.keys(DECLARED_ZH)), new Set(said))
})

const kindOf = (schema: Parameters<typeof checkValue>[0]['schema'], text: string) =>
  checkValue({ required: false, schema }, text)?.kind

test('the form takes every example, and finds what is wrong with other values', () => {
  for (const { operation } of operations) {
    for (const { name, required, schema, example } of operation.parameters) {
      const parameter = { required, schema: z.looseObject({ type: z.string() }).parse(schema) }
      assert.equal(checkValue(parameter, spelled(example)), undefined, `${operation.operationId}, ${name}`)
    }
  }
  const ids = { type: 'array', items: { type: 'integer', minimum: 0 }, maxItems: 2, uniqueItems: true }
  assert.equal(kindOf({ type: 'integer', minimum: 1, maximum: 3 }, '4'), 'number')
  assert.equal(kindOf({ type: 'integer', minimum: 0 }, '9223372036854775807'), undefined)
  assert.equal(kindOf({ type: 'integer' }, '1.5'), 'number')
  assert.equal(kindOf(ids, '1,2,3'), 'many')
  assert.equal(kindOf(ids, '1, 1'), 'twice')
  assert.equal(kindOf(ids, '1,x'), 'number')
  assert.equal(kindOf({ type: 'string', maxLength: 2 }, 'abc'), 'long')
  assert.equal(kindOf({ type: 'string', minLength: 1 }, ' '), 'short')
  assert.equal(kindOf({ type: 'string', enum: ['A'] }, 'b'), 'choice')
  assert.equal(kindOf({ type: 'string' }, 'half \ud800'), 'unsendable')
  assert.equal(checkValue({ required: true, schema: { type: 'string' } }, '')?.kind, 'required')
})

test('coloured code is the code', () => {
  const languages: readonly CodeLanguage[] = ['json', 'xml', 'shell', 'javascript', 'python', 'go', 'java']
  for (const language of LANGUAGES) {
    const parameters = { UserName: 'a', Comments: `it's "数据库" # // \\ \n <b>'` }
    const action =
      operations.find(({ operation }) => operation.operationId === 'CreateUser')?.operation ?? assert.fail()
    const shape = { name: 'CreateUser', version: RAM, parameters: action.parameters }
    const code = sampleCode(shape, { language, parameters, endpoint: 'http://127.0.0.1' })
    for (const colours of languages) {
      const tokens = tokensOf(code, colours)
      assert.equal(tokens.map(({ text }) => text).join(''), code)
      assert.ok(tokens.length > 1)
    }
  }
})
