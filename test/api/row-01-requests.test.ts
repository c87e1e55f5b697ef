import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { encodeParameters, signedParametersV1, signV1, stringToSignV1 } from '../../src/access/signature-v1.ts'
import { type Answer, runApi, type RunningApi, send } from './running-api.ts'

const LIST = { Action: 'DescribeBackupGatewayList', Version: '2019-03-06' }
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

const signed = (api: RunningApi, method: 'GET' | 'POST', more: Record<string, string> = {}) =>
  signedParametersV1({ ...LIST, ...more }, api.key, { method, time: Date.now(), nonce: randomUUID() })
const get = (api: RunningApi, more: Record<string, string> = {}) =>
  send(`${api.url}/?${encodeParameters(signed(api, 'GET', more))}`)
const isFine = ({ status, body }: Answer) =>
  assert.deepEqual([status, body['Success']], [200, true], JSON.stringify(body))

test('row 1: query and form are merged before the signature is verified', async () => {
  await using api = await runApi()
  const all = [...signed(api, 'POST', { PageSize: '7' })]
  for (const inQuery of [0, 5, all.length]) {
    const copy = [...signed(api, 'POST', { PageSize: '7' })]
    const query = encodeParameters(new Map(copy.slice(0, inQuery)))
    const body = encodeParameters(new Map(copy.slice(inQuery)))
    const answer = await send(`${api.url}/?${query}`, { method: 'POST', body, headers: FORM })
    isFine(answer)
    assert.equal(answer.body['PageSize'], 7)
  }
})

test('row 1: the same name twice is fine with one value, InvalidParameter with two', async () => {
  await using api = await runApi()
  const text = encodeParameters(signed(api, 'GET'))
  isFine(await send(`${api.url}/?${text}&Action=DescribeBackupGatewayList`))
  const { status, body } = await send(`${api.url}/?${text}&Action=CreateGatewayEnrollment`)
  assert.deepEqual([status, body['Code']], [400, 'InvalidParameter'])
  assert.match(String(body['Message']), /"Action" is there twice/)
})

test('row 1: a POST without a body may have any content type', async () => {
  await using api = await runApi()
  for (const type of ['application/json', 'text/plain', 'nonsense', undefined]) {
    const url = `${api.url}/?${encodeParameters(signed(api, 'POST'))}`
    isFine(await send(url, { method: 'POST', headers: type === undefined ? {} : { 'content-type': type } }))
  }
})

test('row 1: a body that is not a form is refused with what to send', async () => {
  await using api = await runApi()
  for (const type of ['application/json', 'nonsense', 'multipart/form-data; boundary=x']) {
    const url = `${api.url}/?${encodeParameters(signed(api, 'POST'))}`
    const { status, body } = await send(url, { method: 'POST', body: '{}', headers: { 'content-type': type } })
    assert.deepEqual([status, body['Code']], [400, 'InvalidParameter'], type)
    assert.match(String(body['Message']), /application\/x-www-form-urlencoded/)
  }
})

const isNoBearerToken = ({ status, body }: Answer) => {
  assert.deepEqual([status, body['Code']], [400, 'IncompleteSignature'])
  assert.match(String(body['Message']), /Bearer tokens are not taken\..*AccessKey.*AssumeRole/)
}

test('row 5: a bearer token is refused with what to do instead, and counts for nothing beside a signature', async () => {
  await using api = await runApi()
  const url = `${api.url}/?${encodeParameters(new Map(Object.entries(LIST)))}`
  // As official clients send it in both versions, and as others do.
  isNoBearerToken(await send(`${url}&BearerToken=t&SignatureType=BEARERTOKEN`))
  isNoBearerToken(await send(`${url}&SignatureType=BEARERTOKEN`, { headers: { 'x-acs-bearer-token': 't' } }))
  isNoBearerToken(await send(url, { headers: { authorization: 'Bearer t' } }))
  const fine = `${api.url}/?${encodeParameters(signed(api, 'GET', { BearerToken: 't' }))}`
  isFine(await send(fine, { headers: { authorization: 'Bearer t', 'x-acs-bearer-token': 't' } }))
})

test('row 1: other methods are UnsupportedHTTPMethod, other paths are not found', async () => {
  await using api = await runApi()
  for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND']) {
    const { status, body, headers } = await send(`${api.url}/?${encodeParameters(signed(api, 'GET'))}`, { method })
    assert.deepEqual([status, body['Code']], [405, 'UnsupportedHTTPMethod'], method)
    assert.equal(headers.get('allow'), 'GET, POST')
  }
  for (const path of ['/index.html', '//', '/errors', '/link/enroll']) {
    const { status, body } = await send(`${api.url}${path}`)
    assert.deepEqual([status, body['Code']], [404, 'InvalidAction.NotFound'], path)
  }
})

test('row 2: the version selects the product; what is unknown is named', async () => {
  await using api = await runApi()
  const version = await api.call('DescribeBackupGatewayList', {}, { version: '2019-03-07' })
  assert.deepEqual([version.status, version.body['Code']], [400, 'InvalidVersion'])
  for (const [action, of] of [
    ['DescribeBackupGatewayLists', '2019-03-06'],
    ['describeBackupGatewayList', '2019-03-06'],
    ['CreateGatewayEnrollment', '2019-03-06'],
    ['CreateUser', '2015-04-01'],
    ['CreateGroup', '2015-05-01'],
    ['__proto__', '2015-04-01'],
  ] as const) {
    const { status, body } = await api.call(action, {}, { version: of })
    assert.deepEqual([status, body['Code']], [404, 'InvalidAction.NotFound'])
    assert.ok(String(body['Message']).startsWith('Specified api is not found, please check your url and method.'))
    assert.ok(String(body['Message']).includes(action) && String(body['Message']).includes(of))
  }
})

test('row 3: JSON and XML in any case, nothing is JSON, all else is refused', async () => {
  await using api = await runApi()
  for (const Format of ['JSON', 'json', 'Json', '']) isFine(await get(api, { Format }))
  for (const Format of ['XML', 'xml', 'Xml']) {
    const response = await fetch(`${api.url}/?${encodeParameters(signed(api, 'GET', { Format }))}`)
    assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'text/xml;charset=utf-8'])
    assert.match(await response.text(), /<Success>true<\/Success>/)
  }
  for (const Format of ['YAML', 'toString', 'JSON ', 'XML,JSON']) {
    const { status, body } = await get(api, { Format })
    assert.deepEqual([status, body['Code']], [400, 'InvalidParameter.Format'])
    assert.match(String(body['Message']), /must be JSON or XML/)
  }
})

test('row 4: every common parameter is needed', async () => {
  await using api = await runApi()
  const common = [
    'Action',
    'Version',
    'AccessKeyId',
    'SignatureMethod',
    'SignatureVersion',
    'SignatureNonce',
    'Timestamp',
    'Signature',
  ]
  for (const name of common) {
    for (const change of ['missing', 'empty'] as const) {
      const all = new Map(signed(api, 'GET'))
      if (change === 'missing') all.delete(name)
      else all.set(name, '')
      const { status, body } = await send(`${api.url}/?${encodeParameters(all)}`)
      assert.deepEqual([status, body['Code']], [400, `Missing${name}`])
      assert.equal(body['Message'], `${name} is mandatory for this action.`)
    }
  }
  const nothing = await send(`${api.url}/`)
  assert.equal(nothing.body['Code'], 'MissingAction')
})

test('row 5: a raw plus inside the signature survives', async () => {
  await using api = await runApi()
  for (;;) {
    const all = signed(api, 'GET')
    const signature = all.get('Signature') ?? ''
    if (!signature.includes('+')) continue
    const rest = encodeParameters(new Map([...all].filter(([name]) => name !== 'Signature')))
    isFine(await send(`${api.url}/?${rest}&Signature=${signature}`))
    return
  }
})

test('row 6: the server’s time is in the error', async () => {
  await using api = await runApi()
  isFine(await api.call('DescribeBackupGatewayList', {}, { time: Date.now() - 14 * 60_000 }))
  const { status, body } = await api.call('DescribeBackupGatewayList', {}, { time: Date.now() - 16 * 60_000 })
  assert.deepEqual([status, body['Code']], [400, 'InvalidTimeStamp.Expired'])
  assert.ok(String(body['Message']).includes(new Date().toISOString().slice(0, 13)))
  const format = await get(api, { Timestamp: 'now' })
  assert.deepEqual([format.status, format.body['Code']], [400, 'InvalidTimeStamp.Format'])
})

test('row 7: a nonce is used up by a request whose signature verified, whatever came of it, and by no other', async () => {
  await using api = await runApi()
  const stolen = { accessKeyId: api.key.accessKeyId, secret: 'guessed' }
  const again = (nonce: string) => api.call('DescribeBackupGatewayList', {}, { nonce })
  const wrong = await api.call('DescribeBackupGatewayList', {}, { nonce: 'a', key: stolen })
  assert.equal(wrong.body['Code'], 'SignatureDoesNotMatch')
  isFine(await again('a'))
  assert.equal((await again('a')).body['Code'], 'SignatureNonceUsed')

  await api.call('Nothing', {}, { nonce: 'b' })
  await api.call('DescribeBackupGatewayList', { PageSize: 'x' }, { nonce: 'c' })
  await api.call('CreateGetDBListFromAgentTask', { BackupGatewayId: '1', DatabaseType: 'MySQL' }, { nonce: 'd' })
  for (const nonce of ['b', 'c', 'd']) assert.equal((await again(nonce)).body['Code'], 'SignatureNonceUsed', nonce)
  isFine(await api.call('DescribeBackupGatewayList', {}, { nonce: 'a', key: (await api.addAccount()).key }))
})

test('row 7: after a restart no nonce works again, of reads, of changes and of what failed', async () => {
  await using api = await runApi()
  const BackupGatewayId = String(await api.addGateway())
  const calls: readonly (readonly [string, Record<string, string>, string])[] = [
    ['DescribeBackupGatewayList', {}, 'read'],
    ['CreateGetDBListFromAgentTask', { BackupGatewayId, DatabaseType: 'MySQL' }, 'change'],
    ['CreateGetDBListFromAgentTask', { BackupGatewayId: '1', DatabaseType: 'MySQL' }, 'failure'],
  ]
  for (const [action, params, nonce] of calls) await api.call(action, params, { nonce })
  await api.restart()
  for (const [action, params, nonce] of calls) {
    assert.equal((await api.call(action, params, { nonce })).body['Code'], 'SignatureNonceUsed', nonce)
  }
  assert.equal(
    await api.store.access.burnt((await api.accessKeys.find(api.key.accessKeyId)).principal.key, 'change'),
    true,
  )
})

test('row 8: one colon before the string that the server signed', async () => {
  await using api = await runApi()
  const all = signed(api, 'GET', { ClientToken: 'a b*~' })
  const stringToSign = stringToSignV1('GET', all)
  const url = `${api.url}/?${encodeParameters(new Map(all).set('Signature', signV1(stringToSign, 'another')))}`
  const { status, body } = await send(url)
  assert.deepEqual([status, body['Code']], [400, 'SignatureDoesNotMatch'])
  const message = String(body['Message'])
  assert.equal(
    message,
    `Specified signature is not matched with our calculation. server string to sign is:${stringToSign}`,
  )
  assert.equal(message.split(':')[1], stringToSign)
})

test('row 9: unknown parameters, OwnerId and RegionId are ignored', async () => {
  await using api = await runApi()
  isFine(
    await get(api, {
      OwnerId: '1',
      RegionId: 'cn-hangzhou',
      Whatever: 'x',
      __proto__x: 'y',
      constructor: 'z',
      SignatureType: '',
    }),
  )
})

test('row 9: 64 KiB and 100 parameters are fine, more is RequestTooLarge', async () => {
  await using api = await runApi()
  const filled = (count: number) =>
    Object.fromEntries(Array.from({ length: count - signed(api, 'GET').size }, (_, i) => [`P${i}`, '']))
  isFine(await get(api, filled(100)))
  const many = await get(api, filled(101))
  assert.deepEqual([many.status, many.body['Code']], [413, 'RequestTooLarge'])

  const room = 64 * 1024 - 600
  isFine(await get(api, { P: 'x'.repeat(room) }))
  for (const method of ['GET', 'POST'] as const) {
    const large = await api.call('DescribeBackupGatewayList', { P: 'x'.repeat(100 * 1024) }, { method })
    assert.deepEqual([large.status, large.body['Code']], [413, 'RequestTooLarge'])
    assert.match(String(large.body['Message']), /64 KiB/)
  }
  const split = [...signed(api, 'POST', { P: 'x'.repeat(40_000), Q: 'x'.repeat(40_000) })]
  const answer = await send(`${api.url}/?${encodeParameters(new Map(split.slice(0, 3)))}`, {
    method: 'POST',
    body: encodeParameters(new Map(split.slice(3))),
    headers: FORM,
  })
  assert.deepEqual([answer.status, answer.body['Code']], [413, 'RequestTooLarge'])
})

test('row 10: what is missing or invalid is named, the first in the order of the declaration', async () => {
  await using api = await runApi()
  const create = (params: Record<string, string>) => api.call('CreateGetDBListFromAgentTask', params)
  const both = await create({ ExecutionTimeoutSeconds: '0' })
  assert.deepEqual([both.status, both.body['Code']], [400, 'MissingBackupGatewayId'])
  assert.equal(both.body['Message'], 'BackupGatewayId is mandatory for this action.')
  assert.equal((await create({ BackupGatewayId: '' })).body['Code'], 'MissingBackupGatewayId')
  assert.equal((await create({ BackupGatewayId: '1', SourceEndpointPort: 'x' })).body['Code'], 'MissingDatabaseType')

  const type = await create({ BackupGatewayId: '1', DatabaseType: 'Access', SourceEndpointPort: 'x' })
  assert.deepEqual([type.status, type.body['Code']], [400, 'InvalidDatabaseType'])
  assert.ok(
    String(type.body['Message']).startsWith('Specified parameter DatabaseType is not valid. It must be one of MySQL,'),
  )
})
