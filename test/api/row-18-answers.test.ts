import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRenderer, toPosternError } from '../../src/api/render.ts'
import { errorPage } from '../../src/api/error-page.ts'
import { type ErrorCode, ERRORS, invalid, missing, PosternError } from '../../src/model/errors.ts'
import { toRequestId } from '../../src/model/ids.ts'
import { collectingLog } from './collecting-log.ts'
import { runApi } from './running-api.ts'

const requestId = toRequestId('EB4DFD5E-3618-498D-BE35-4DBEA0072122')
const renderer = createRenderer(() => 'https://postern.example:8443/base/')
const shape = { requestId, format: 'JSON' } as const
const ALL = Object.keys(ERRORS).filter((code): code is ErrorCode => code in ERRORS)

test('row 18: every error has both sets, all strings but the status and the boolean', () => {
  for (const code of ALL.filter((each) => ERRORS[each].status >= 400)) {
    const error = new PosternError(code, { values: { P: 'TaskId', why: 'w', what: 'w', now: 'n', stringToSign: 's' } })
    const { status, headers, body } = renderer.failure(error, shape)
    const answer: unknown = JSON.parse(body)
    assert.deepEqual(answer, {
      RequestId: requestId,
      HostId: 'postern.example:8443',
      Code: error.code,
      Message: error.message,
      Recommend: `https://postern.example:8443/base/console/errors/${error.code}?requestId=${requestId}`,
      Success: false,
      HttpStatusCode: status,
      ErrCode: error.code,
      ErrMessage: error.message,
    })
    assert.equal(status, ERRORS[code].status)
    assert.doesNotMatch(body, /[{]P[}]|[{]why[}]|[{]what[}]/)
    assert.equal(headers['x-acs-request-id'], requestId)
    assert.equal(headers['content-type'], 'application/json;charset=utf-8')
  }
})

test('row 18: a success has the common fields first and no Code', async () => {
  const { status, body } = await renderer.success({ TaskId: 1 }, { ...shape, action: 'X' })
  assert.equal(status, 200)
  assert.equal(body, `{"RequestId":"${requestId}","HttpStatusCode":200,"Success":true,"TaskId":1}`)
})

test('row 18: a body that never changes is written once, and reads as any other', async () => {
  let reads = 0
  const counted = {
    get TaskId() {
      reads++
      return 1
    },
  }
  const bodies = [
    counted,
    { Text: '"\n', Rest: undefined },
    {},
    { Success: false },
    { Names: Array.from({ length: 1_001 }, () => 'x') },
  ]
  for (const format of ['JSON', 'XML'] as const) {
    for (const body of bodies) {
      const usual = await renderer.success(body, { requestId, format, action: 'X' })
      const frozen = Object.freeze(body)
      for (const id of [requestId, toRequestId('00000000-0000-4000-8000-000000000000')]) {
        const { status, headers, body: text } = await renderer.success(frozen, { requestId: id, format, action: 'X' })
        assert.deepEqual([status, headers['x-acs-request-id']], [200, id])
        assert.equal(String(text).replace(id, requestId), String(usual.body))
      }
    }
  }
  const before = reads
  await renderer.success(counted, { ...shape, action: 'X' })
  assert.equal(reads, before)
})

test('row 18: what is not ours to say is InternalError without its words', () => {
  for (const thrown of [
    new Error('SELECT secret FROM keys'),
    'a string',
    undefined,
    new PosternError('Task.NotFinished'),
  ]) {
    const error = toPosternError(thrown)
    assert.deepEqual([error.code, error.status, error.cause], ['InternalError', 500, thrown])
    assert.doesNotMatch(renderer.failure(error, shape).body, /SELECT|a string/)
  }
  const ours = missing('TaskId')
  assert.equal(toPosternError(ours), ours)
})

test('row 18: RequestId is an upper-case UUID, the same in the header, and new each time', async () => {
  await using api = await runApi()
  const answers = await Promise.all([
    api.call('DescribeBackupGatewayList'),
    api.call('Nothing'),
    api.call('GetDBListFromAgent', { TaskId: '1' }),
  ])
  for (const { status, headers, body } of answers) {
    assert.match(String(body['RequestId']), /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/)
    assert.equal(headers.get('x-acs-request-id'), body['RequestId'])
    assert.equal(body['HttpStatusCode'], status)
    assert.equal(headers.get('content-type'), 'application/json;charset=utf-8')
    assert.equal(headers.get('cache-control'), 'no-store')
  }
  assert.equal(new Set(answers.map(({ body }) => body['RequestId'])).size, 3)
})

test('row 18: links are made from the public address, never from Host', async () => {
  await using api = await runApi()
  const response = await fetch(`${api.url}/?Host=evil`, {
    headers: { 'x-forwarded-host': 'evil.example', connection: 'close' },
  })
  const text = await response.text()
  assert.doesNotMatch(text, /evil|127\.0\.0\.1/)
  assert.match(
    text,
    /"HostId":"postern\.example:8443".*"Recommend":"https:\/\/postern\.example:8443\/console\/errors\/MissingAction\?requestId=/,
  )
})

test('row 18: a fault of ours is in the log with its cause and RequestId, and in the answer without', async () => {
  const { log, lines } = collectingLog()
  await using api = await runApi({ log })
  Object.assign(api.store.fleet, { gateways: () => Promise.reject(new Error('no such column: secret')) })
  const { status, body } = await api.call('DescribeBackupGatewayList')
  assert.deepEqual([status, body['Code']], [500, 'InternalError'])
  assert.doesNotMatch(JSON.stringify(body), /column/)
  const line = lines().find((each) => each.includes('no such column'))
  assert.ok(line?.includes(String(body['RequestId'])), 'logged')
})

test('row 18: one line for each request, and in none a query, a signature or a secret', async () => {
  const { log, lines } = collectingLog()
  await using api = await runApi({ log })
  await api.call('DescribeBackupGatewayList', { Identifier: '424242424242' })
  await api.call('GetDBListFromAgent', { TaskId: '424242424242', ClientToken: 'tok-en' })
  await api.call('DescribeBackupGatewayList', {}, { key: { ...api.key, secret: 'wrong' } })
  const answered = lines().filter((line) => /"msg":"(answered|refused)"/.test(line))
  assert.equal(answered.length, 3)
  assert.match(answered[1] ?? '', /"action":"GetDBListFromAgent".*"code":"Task\.NotFound"/)
  const all = lines().join('\n')
  for (const secret of ['Signature=', api.key.secret, '424242424242', 'tok-en', 'HMAC-SHA1'])
    assert.ok(!all.includes(secret), secret)
})

test('every code of an answer has a page for people', () => {
  for (const error of [
    missing('TaskId'),
    invalid('TaskId', 'x'),
    ...ALL.map((code) => new PosternError(code, { values: { P: 'X' } })),
  ]) {
    assert.match(
      errorPage(error.code) ?? '',
      new RegExp(`\\(HTTP ${error.status}\\)\n\n\\S[^]*What to do: \\S`),
      error.code,
    )
  }
  for (const code of ['', 'Nothing', 'Missing', 'Invalid', 'Missingx', 'toString', '__proto__', 'Missing<b>']) {
    assert.equal(errorPage(code), undefined, code)
  }
})
