import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { exchange, type RawAnswer, type RawOptions } from './raw-connection.ts'
import { runApi } from './running-api.ts'

const errorShape = z.strictObject({
  RequestId: z.string().regex(/^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/),
  HostId: z.literal('postern.example:8443'),
  Code: z.string(),
  Message: z.string().min(1),
  Recommend: z.string().startsWith('https://postern.example:8443/console/errors/'),
  Success: z.literal(false),
  HttpStatusCode: z.number(),
  ErrCode: z.string(),
  ErrMessage: z.string(),
})

function checkShape(answer: RawAnswer | undefined, expected: readonly [status: number, code: string]) {
  assert.ok(answer, 'no answer')
  const body = errorShape.parse(JSON.parse(answer.body))
  assert.deepEqual([answer.status, body.Code], expected)
  assert.deepEqual([body.HttpStatusCode, body.ErrCode, body.ErrMessage], [answer.status, body.Code, body.Message])
  assert.equal(answer.headers['x-acs-request-id'], body.RequestId)
  assert.equal(answer.headers['content-type'], 'application/json;charset=utf-8')
  return body
}

const HOST = 'Host: x\r\nConnection: close\r\n'
const form = (length: number | string) =>
  `${HOST}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${length}\r\n`

const one = (action: string, last = '') => `GET /?Action=${action}&a=%${action} HTTP/1.1\r\nHost: x\r\n${last}\r\n`

interface Case {
  readonly name: string
  readonly bytes: string
  readonly expected: readonly [status: number, code: string]
  readonly message?: RegExp
  readonly options?: RawOptions
}

const CASES: readonly Case[] = [
  { name: 'no HTTP at all', bytes: 'hello\r\n\r\n', expected: [405, 'UnsupportedHTTPMethod'] },
  {
    name: 'a method that HTTP does not have',
    bytes: `FETCH / HTTP/1.1\r\n${HOST}\r\n`,
    expected: [405, 'UnsupportedHTTPMethod'],
  },
  {
    name: 'a method that we do not have',
    bytes: `PUT /?a=b HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`,
    expected: [405, 'UnsupportedHTTPMethod'],
  },
  { name: 'OPTIONS *', bytes: `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, expected: [404, 'InvalidAction.NotFound'] },
  { name: 'a line that is no request', bytes: 'GET / x y\r\n\r\n', expected: [400, 'InvalidParameter'] },
  { name: 'another version of HTTP', bytes: `GET / HTTP/9.9\r\n${HOST}\r\n`, expected: [400, 'InvalidParameter'] },
  {
    name: 'TLS on a clear-text port',
    bytes: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    expected: [405, 'UnsupportedHTTPMethod'],
  },
  { name: 'a header without a name', bytes: 'GET / HTTP/1.1\r\n: x\r\n\r\n', expected: [400, 'InvalidParameter'] },
  {
    name: 'a path with broken encoding',
    bytes: `GET /%zz HTTP/1.1\r\n${HOST}\r\n`,
    expected: [400, 'InvalidParameter'],
    message: /path/,
  },
  {
    name: 'a path that is not UTF-8',
    bytes: `GET /%ff HTTP/1.1\r\n${HOST}\r\n`,
    expected: [400, 'InvalidParameter'],
    message: /path/,
  },
  {
    name: 'a query with broken encoding',
    bytes: `GET /?Action=%zz HTTP/1.1\r\n${HOST}\r\n`,
    expected: [400, 'InvalidParameter'],
    message: /"Action" .* position 0/,
  },
  { name: 'no Host', bytes: 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', expected: [400, 'MissingAction'] },
  { name: 'HTTP/1.0', bytes: 'GET / HTTP/1.0\r\n\r\n', expected: [400, 'MissingAction'] },
  {
    name: 'an unknown expectation',
    bytes: `GET / HTTP/1.1\r\nExpect: miracles\r\n${HOST}\r\n`,
    expected: [400, 'MissingAction'],
  },
  {
    name: 'the whole address in the first line',
    bytes: `GET http://x/?Version=1&Action=%zz HTTP/1.1\r\n${HOST}\r\n`,
    expected: [400, 'InvalidParameter'],
    message: /"Action"/,
  },
  {
    name: 'the whole address without a path',
    bytes: `GET http://x?Action=%zz HTTP/1.1\r\n${HOST}\r\n`,
    expected: [400, 'InvalidParameter'],
    message: /"Action"/,
  },
  {
    name: 'headers of 200 KiB',
    bytes: `GET / HTTP/1.1\r\n${HOST}X: ${'x'.repeat(200 * 1024)}\r\n\r\n`,
    expected: [413, 'RequestTooLarge'],
    message: /160 KiB/,
  },
  {
    name: 'headers of 3 MiB',
    bytes: `GET / HTTP/1.1\r\n${HOST}X: ${'x'.repeat(3 * 1024 * 1024)}\r\n\r\n`,
    expected: [413, 'RequestTooLarge'],
  },
  {
    name: 'a query of 100 KiB',
    bytes: `GET /?a=${'x'.repeat(100 * 1024)} HTTP/1.1\r\n${HOST}\r\n`,
    expected: [413, 'RequestTooLarge'],
    message: /64 KiB/,
  },
  {
    name: 'a form of 100 KiB',
    bytes: `POST / HTTP/1.1\r\n${form(100 * 1024 + 2)}\r\na=${'x'.repeat(100 * 1024)}`,
    expected: [413, 'RequestTooLarge'],
    message: /64 KiB/,
  },
  {
    name: 'a form of 3 MiB',
    bytes: `POST / HTTP/1.1\r\n${form(3 * 1024 * 1024)}\r\n${'x'.repeat(3 * 1024 * 1024)}`,
    expected: [413, 'RequestTooLarge'],
  },
  {
    name: 'a broken form',
    bytes: `POST / HTTP/1.1\r\n${form(8)}\r\nAction=%`,
    expected: [400, 'InvalidParameter'],
    message: /"Action" .* position 0/,
  },
  {
    name: 'a form that is not UTF-8',
    bytes: `POST / HTTP/1.1\r\n${form(10)}\r\nAction=%ff`,
    expected: [400, 'InvalidParameter'],
  },
  {
    name: 'a body that ends before its length',
    bytes: `POST / HTTP/1.1\r\n${form(100)}\r\nAction=x`,
    expected: [400, 'InvalidParameter'],
    options: { half: true },
  },
  {
    name: 'a length that is no number',
    bytes: `POST / HTTP/1.1\r\n${form('ten')}\r\nAction=x`,
    expected: [400, 'InvalidParameter'],
  },
  {
    name: 'two lengths',
    bytes: `POST / HTTP/1.1\r\nContent-Length: 5\r\n${form(8)}\r\nAction=x`,
    expected: [400, 'InvalidParameter'],
  },
  {
    name: 'a length and chunks',
    bytes: `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n${form(8)}\r\n0\r\n\r\n`,
    expected: [400, 'InvalidParameter'],
  },
  {
    name: 'a chunk that is none',
    bytes: `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n${HOST}\r\nzz\r\n`,
    expected: [400, 'InvalidParameter'],
  },
]

test('row 9: whatever is wrong below the router is answered in the shape of row 18, and the connection ends', async (t) => {
  await using api = await runApi()
  for (const { name, bytes, expected, message, options } of CASES) {
    await t.test(`row 9: ${name}`, async () => {
      const { answers, end } = await exchange(api.port, Buffer.from(bytes, 'latin1'), options)
      assert.equal(answers.length, 1)
      const body = checkShape(answers[0], expected)
      if (message !== undefined) assert.match(body.Message, message)
      assert.equal(end, 'closed')
    })
  }
  assert.equal(api.server.running, 0)
})

test('row 9: a caller that goes away in the middle leaves nothing behind', async () => {
  await using api = await runApi()
  for (const bytes of ['', 'GET', 'GET / HTTP/1.1\r\nHo', `POST / HTTP/1.1\r\n${form(100)}\r\nAct`]) {
    await exchange(api.port, bytes, { waitMs: 50 })
  }
  assert.equal((await api.call('DescribeBackupGatewayList')).status, 200)
  assert.equal(api.server.running, 0)
})

test('row 9: rubbish behind a good request does not spoil its answer', async () => {
  await using api = await runApi()
  const { answers, end } = await exchange(api.port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\nrubbish\r\n\r\n')
  checkShape(answers[0], [400, 'MissingAction'])
  assert.ok(answers.length <= 2)
  if (answers.length === 2) checkShape(answers[1], [405, 'UnsupportedHTTPMethod'])
  assert.equal(end, 'closed')
})

test('row 9: requests one behind the other on one connection are all answered, in order', async () => {
  await using api = await runApi()
  const { answers, end } = await exchange(api.port, one('zz') + one('41') + one('yy', 'Connection: close\r\n'))
  assert.deepEqual(
    answers.map(({ body }) => errorShape.parse(JSON.parse(body)).Code),
    ['InvalidParameter', 'MissingVersion', 'InvalidParameter'],
  )
  assert.equal(end, 'closed')
})

test('row 9: HEAD has the headers of an error and no body', async () => {
  await using api = await runApi()
  const response = await fetch(`${api.url}/`, { method: 'HEAD', headers: { connection: 'close' } })
  assert.equal(response.status, 405)
  assert.match(response.headers.get('x-acs-request-id') ?? '', /^[0-9A-F-]{36}$/)
  assert.equal(await response.text(), '')
})

test('row 9: an upgrade that is not the gateways’ is ignored, and the request answered as any other', async () => {
  await using api = await runApi({ upgradePath: '/link' })
  const offer = 'host: x\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n'
  for (const path of ['/', '//', '/?Action=x', '/linked']) {
    const { answers } = await exchange(api.port, `GET ${path} HTTP/1.1\r\n${offer}\r\n`, { half: true })
    assert.equal(answers.length, 1, path)
    assert.match(answers[0]?.body ?? '', /"RequestId":"[0-9A-F-]{36}"/, path)
  }
})

test('row 9: a method that the router has other rules for is one that is not supported', async () => {
  await using api = await runApi()
  const { answers } = await exchange(api.port, 'QUERY / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n', {
    half: true,
  })
  assert.equal(answers[0]?.status, 405)
  assert.match(answers[0]?.body ?? '', /"Code":"UnsupportedHTTPMethod"/)
})
