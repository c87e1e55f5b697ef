import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { fastify } from 'fastify'
import { z } from 'zod'
import { CONSOLE_CODE_MS, createConsoleCodes } from '../../src/access/console-codes.ts'
import { addConsoleSignInRoute } from '../../src/api/console-sign-in-route.ts'
import { PLAIN_ROUTER } from '../../src/api/plain-router.ts'
import { PosternError } from '../../src/model/errors.ts'
import { toAccessKeyId } from '../../src/model/ids.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { exchange } from './raw-connection.ts'
import { runApi, type RunningApi, send } from './running-api.ts'

const credentials = z.object({
  AccessKeyId: z.string().startsWith('STS.'),
  AccessKeySecret: z.string(),
  SecurityToken: z.string(),
  Expiration: z.iso.datetime(),
})
const refusal = z.object({ Code: z.string(), Message: z.string() })
const STS = '2015-04-01'

const newCode = (api: RunningApi) => api.consoleCodes.issue(toAccessKeyId(api.key.accessKeyId))
const post = (api: RunningApi, body: unknown, headers: Record<string, string> = {}) =>
  send(`${api.url}/console/sign-in`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  })

/** With exactly these headers. */
async function postRaw(port: number, code: string, headers: readonly string[]) {
  const body = JSON.stringify({ Code: code })
  const fixed = ['content-type: application/json', `content-length: ${body.length}`, 'connection: close']
  const head = ['POST /console/sign-in HTTP/1.1', ...headers, ...fixed].join('\r\n')
  const [answer] = (await exchange(port, `${head}\r\n\r\n${body}`)).answers
  assert.ok(answer)
  return { status: answer.status, body: refusal.partial().parse(JSON.parse(answer.body)) }
}

test('a code is exchanged once for credentials of an hour, which are not the key behind it', async () => {
  await using api = await runApi()
  const code = newCode(api)
  const answer = await post(api, { Code: code })
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'/)
  const key = credentials.parse(answer.body)
  assert.notEqual(key.AccessKeySecret, api.key.secret)
  const life = Date.parse(key.Expiration) - Date.now()
  assert.ok(life > 3_590_000 && life <= 3_600_000, `${life} ms`)
  const who = await api.call(
    'GetCallerIdentity',
    {},
    {
      version: STS,
      key: { accessKeyId: key.AccessKeyId, secret: key.AccessKeySecret, securityToken: key.SecurityToken },
    },
  )
  assert.deepEqual([who.status, who.body['AccountId'], who.body['IdentityType']], [200, api.account, 'AssumedRoleUser'])

  const again = await post(api, { Code: code })
  assert.equal(again.status, 403)
  assert.match(refusal.parse(again.body).Message, /^The code does not work: it was used/)
})

test('of two that send the same code at the same moment one is signed in', async () => {
  await using api = await runApi()
  const code = newCode(api)
  const answers = await Promise.all([1, 2, 3, 4].map(() => post(api, { Code: code })))
  assert.deepEqual(
    answers.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, 403, 403, 403],
  )
})

const REFUSED: readonly [what: string, headers: (port: number) => readonly string[]][] = [
  ['another Host', () => ['host: postern.example']],
  ['another port', (port) => [`host: 127.0.0.1:${port + 1}`]],
  ['a Host without its port', () => ['host: 127.0.0.1']],
  ['another loopback address as Host', (port) => [`host: 127.0.0.2:${port}`]],
  ['a name that ends like it', (port) => [`host: x.localhost:${port}`]],
  ['an empty Host', () => ['host: ']],
  ['two Hosts', (port) => [`host: 127.0.0.1:${port}`, 'host: postern.example']],
  ['X-Forwarded-For', (port) => [`host: 127.0.0.1:${port}`, 'X-Forwarded-For: 127.0.0.1']],
  ['X-Forwarded-Host', (port) => [`host: 127.0.0.1:${port}`, `X-Forwarded-Host: 127.0.0.1:${port}`]],
  ['X-Forwarded-Proto', (port) => [`host: 127.0.0.1:${port}`, 'x-forwarded-proto: http']],
  ['Forwarded', (port) => [`host: 127.0.0.1:${port}`, 'Forwarded: for=127.0.0.1']],
  ['Via', (port) => [`host: 127.0.0.1:${port}`, 'Via: 1.1 proxy']],
  ['X-Real-IP', (port) => [`host: 127.0.0.1:${port}`, 'X-Real-IP: 127.0.0.1']],
  ['the page of another origin', (port) => [`host: 127.0.0.1:${port}`, 'origin: http://postern.example']],
  ['a page of another port', (port) => [`host: 127.0.0.1:${port}`, `origin: http://127.0.0.1:${port + 1}`]],
  ['a page without an origin', (port) => [`host: 127.0.0.1:${port}`, 'origin: null']],
  ['another site', (port) => [`host: 127.0.0.1:${port}`, 'sec-fetch-site: cross-site']],
]

test('it is refused whatever says that the browser is not on this machine, and the code stays good', async (t) => {
  await using api = await runApi()
  const code = newCode(api)
  for (const [what, headers] of REFUSED) {
    await t.test(what, async () => {
      const { status, body } = await postRaw(api.port, code, headers(api.port))
      assert.deepEqual([status, body.Code], [403, 'Request.Forbidden'], body.Message)
      assert.match(body.Message ?? '', /^The console cannot be opened by a code from here\./)
    })
  }
  const own = [`host: LocalHost:${api.port}`, `origin: http://LocalHost:${api.port}`, 'sec-fetch-site: same-origin']
  assert.equal((await postRaw(api.port, code, own)).status, 200)
})

test('a caller on another machine is refused, whatever Host he sends', async (t) => {
  const outside = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')
  if (outside === undefined) return t.skip('this machine has no address but loopback')
  const app = fastify(PLAIN_ROUTER)
  t.after(() => app.close())
  let asked = 0
  addConsoleSignInRoute(app, {
    signIn: {
      exchange: async () => {
        asked++
        throw new PosternError('Request.Forbidden')
      },
    },
    audit: undefined,
    answer: (_request, reply, result) =>
      result instanceof PosternError ? reply.code(result.status).send({ Message: result.message }) : reply.send(result),
  })
  const { port } = new URL(await app.listen({ host: outside.address, port: 0 }))
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`]) {
    const answer = await exchange(
      Number(port),
      `POST /console/sign-in HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
      { host: outside.address },
    )
    assert.equal(answer.answers[0]?.status, 403)
    assert.match(answer.answers[0]?.body ?? '', /over loopback only/)
  }
  assert.equal(asked, 0)
})

test('a body that is too long, no JSON or of another shape is refused', async () => {
  await using api = await runApi()
  for (const body of ['', 'x', '[]', '{}', '{"Code":7}', '{"Code":""}', '{"Code":"x","More":1}']) {
    const { status, body: answer } = await post(api, body)
    assert.deepEqual([status, refusal.parse(answer).Code], [400, 'InvalidParameter'], body)
  }
  const long = await post(api, { Code: 'x'.repeat(600) })
  assert.deepEqual([long.status, refusal.parse(long.body).Code], [413, 'RequestTooLarge'])
})

test('after ten wrong codes a right one has to wait, too', async () => {
  await using api = await runApi()
  for (let n = 0; n < 10; n++) assert.equal((await post(api, { Code: `wrong${n}` })).status, 403)
  const waits = await post(api, { Code: newCode(api) })
  assert.deepEqual([waits.status, refusal.parse(waits.body).Code], [429, 'Throttling'])
  assert.ok(Number(waits.headers.get('x-acs-retry-after')) > 0)
})

test('a code is good for a minute, sixteen of them at a time, and only its digest is kept', () => {
  const clock = manualClock()
  const codes = createConsoleCodes({ clock })
  const key = toAccessKeyId('key')
  const [early, late] = [codes.issue(key), codes.issue(key)]
  assert.match(early, /^[0-9a-f]{48}$/)
  clock.advance(CONSOLE_CODE_MS - 1)
  assert.equal(codes.redeem(early), key)
  assert.equal(codes.redeem(early), undefined)
  clock.advance(1)
  assert.equal(codes.redeem(late), undefined)
  for (let n = 0; n < 16; n++) codes.issue(key)
  assert.throws(() => codes.issue(key), { entry: 'Throttling' })
  clock.advance(CONSOLE_CODE_MS)
  assert.equal(codes.redeem(codes.issue(key)), key)
})
