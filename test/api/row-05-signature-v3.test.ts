import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { readSignedRequest } from '../../src/access/read-signed-request.ts'
import { encodeParameters, signedParametersV1 } from '../../src/access/signature-v1.ts'
import { type Answer, runApi, send } from './running-api.ts'
import { callV3, type RequestV3 } from './signed-v3.ts'

const LIST = 'DescribeBackupGatewayList'
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const isFine = ({ status, body }: Answer) =>
  assert.deepEqual([status, body['Success']], [200, true], JSON.stringify(body))

test('row 5: V3, with everything in the query, in a form, or in both', async () => {
  await using api = await runApi()
  for (const request of [
    {},
    { method: 'GET' },
    { method: 'GET', query: { PageSize: '7' } },
    { query: { PageSize: '7' } },
    { body: 'PageSize=7' },
    { query: { Region: 'default' }, body: 'PageSize=7' },
    { query: { Odd: "a b*~'(é)+&=%/", PageSize: '7', Empty: '' } },
  ] satisfies RequestV3[]) {
    const answer = await callV3(api, LIST, request)
    isFine(answer)
    if (JSON.stringify(request).includes('PageSize')) assert.equal(answer.body['PageSize'], 7)
  }
})

test('row 5: the query is decoded and encoded again before it is verified', async () => {
  await using api = await runApi()
  const query = { ClientToken: "a b*~'(c)", PageSize: '7' }
  for (const sent of ["PageSize=7&ClientToken=a+b*~'(c)", 'ClientToken=a%20b%2a%7E%27%28%63%29&PageSize=%37']) {
    isFine(await callV3(api, LIST, { query, after: { query: sent } }))
  }
})

test('row 5: what was changed after it was signed is SignatureDoesNotMatch', async () => {
  await using api = await runApi()
  const changes: readonly RequestV3[] = [
    { key: { ...api.key, secret: 'x' } },
    { query: { PageSize: '7' }, after: { query: 'PageSize=8' } },
    { body: 'PageSize=7', after: { body: 'PageSize=8' } },
    { after: { body: 'PageSize=8', headers: FORM } },
    { body: 'PageSize=7', after: { body: '' } },
    { after: { headers: { 'x-acs-action': 'DescribeRegions' } } },
    { after: { headers: { 'x-acs-version': '2026-12-01' } } },
    { headers: { 'x-acs-content-sha256': createHash('sha256').update('another').digest('hex') } },
    { headers: { 'x-acs-content-sha256': 'UNSIGNED-PAYLOAD' } },
    { authorization: (usual) => `${usual.slice(0, -1)}${usual.endsWith('0') ? '1' : '0'}` },
  ]
  for (const change of changes) {
    const { status, body } = await callV3(api, LIST, change)
    assert.deepEqual([status, body['Code']], [400, 'SignatureDoesNotMatch'], JSON.stringify(change))
  }
})

test('row 5: host and every x-acs header must be signed, and what is signed must be there', async () => {
  await using api = await runApi()
  const changes: readonly RequestV3[] = [
    ...['host', 'x-acs-action', 'x-acs-version', 'x-acs-date', 'x-acs-signature-nonce', 'x-acs-content-sha256'].map(
      (name) => ({ unsigned: [name] }),
    ),
    { headers: { 'x-acs-anything': '1' }, unsigned: ['x-acs-anything'] },
    { after: { headers: { 'X-Acs-Security-Token': 'smuggled' } } },
    { authorization: (usual) => usual.replace('SignedHeaders=', 'SignedHeaders=accept-nothing;') },
    { authorization: (usual) => usual.replace('SignedHeaders=', 'SignedHeaders=;') },
    { authorization: (usual) => usual.replace('Credential=', 'Nothing=') },
    { authorization: (usual) => `${usual},Signature=00` },
    { authorization: (usual) => `${usual},More=1` },
    { authorization: () => 'ACS3-HMAC-SHA256' },
    { headers: { 'x-acs-content-sha256': undefined } },
  ]
  for (const change of changes) {
    const { status, body } = await callV3(api, LIST, change)
    assert.deepEqual([status, body['Code']], [400, 'IncompleteSignature'], JSON.stringify(change))
    assert.match(String(body['Message']), /^The request signature does not conform to Aliyun standards\. \S/)
  }
  isFine(await callV3(api, LIST, { headers: { 'x-acs-anything': '1' } }))
  isFine(await callV3(api, LIST, { authorization: (usual) => usual.replaceAll(',', ', ') }))
  const other = await callV3(api, LIST, { authorization: (usual) => usual.replace('-SHA256', '-SM3') })
  assert.deepEqual([other.status, other.body['Code']], [400, 'InvalidSignatureMethod'])
})

test('row 5: action and version come from signed headers only; a conflict is InvalidParameter', async () => {
  await using api = await runApi()
  isFine(await callV3(api, LIST, { query: { Action: LIST, Version: '2019-03-06' } }))
  for (const change of [
    { query: { Action: 'DescribeRegions' } },
    { body: 'Version=2026-12-01' },
    { query: { SecurityToken: 'x' } },
    { headers: { 'x-acs-accesskey-id': 'PSTNother' } },
  ] satisfies RequestV3[]) {
    const { status, body } = await callV3(api, LIST, change)
    assert.deepEqual([status, body['Code']], [400, 'InvalidParameter'], JSON.stringify(change))
  }
})

test('row 5: a header that says two things is InvalidParameter', () => {
  const authorization = 'ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=00'
  for (const twice of [
    'x-acs-action',
    'x-acs-version',
    'x-acs-date',
    'x-acs-signature-nonce',
    'x-acs-content-sha256',
  ]) {
    const names = [
      'x-acs-action',
      'x-acs-version',
      'x-acs-signature-nonce',
      'x-acs-date',
      'x-acs-content-sha256',
      twice,
    ]
    const headers = [['Authorization', authorization] as const, ...names.map((name) => [name, 'x'] as const)]
    const request = { method: 'GET', headers, parameters: new Map(), query: () => new Map(), body: new Uint8Array() }
    assert.throws(() => readSignedRequest(request), { code: 'InvalidParameter' }, twice)
  }
})

test('row 5: V3 is chosen by Authorization alone; beside a V1 signature x-acs headers count for nothing', async () => {
  await using api = await runApi()
  const moment = { method: 'GET', time: Date.now(), nonce: randomUUID() } as const
  const v1 = signedParametersV1({ Action: LIST, Version: '2019-03-06' }, api.key, moment)
  const url = `${api.url}/?${encodeParameters(v1)}`
  const v3 = { 'x-acs-action': 'CreateGatewayEnrollment', 'x-acs-version': '2026-12-01' }
  const both = await send(url, { headers: { authorization: 'ACS3-HMAC-SHA256 Credential=a' } })
  assert.equal(both.body['Code'], 'MissingAction')
  const answer = await send(url, { headers: { ...v3, authorization: 'Basic eDp5' } })
  isFine(answer)
  assert.ok('Items' in answer.body)
  const none = await send(`${api.url}/?PageSize=7`, { headers: v3 })
  assert.equal(none.body['Code'], 'MissingAction')
})

test('row 4: the checks of a V3 request, in their order', async () => {
  await using api = await runApi()
  const nonce = 'used-before'
  isFine(await callV3(api, LIST, { headers: { 'x-acs-signature-nonce': nonce } }))
  const faults: readonly (readonly [code: string, headers: Record<string, string | undefined>])[] = [
    ['MissingAction', { 'x-acs-action': undefined }],
    ['MissingVersion', { 'x-acs-version': '' }],
    ['MissingSignatureNonce', { 'x-acs-signature-nonce': undefined }],
    ['MissingTimestamp', { 'x-acs-date': undefined }],
    ['InvalidTimeStamp.Format', { 'x-acs-date': 'Thu, 01 Jan 2026 00:00:00 GMT' }],
    ['InvalidTimeStamp.Expired', { 'x-acs-date': '2020-01-01T00:00:00Z' }],
    ['SignatureNonceUsed', { 'x-acs-signature-nonce': nonce }],
    ['InvalidVersion', { 'x-acs-version': '1999-01-01' }],
    ['InvalidAction.NotFound', { 'x-acs-action': 'DropAllDatabases' }],
  ]
  for (const [at, [code, headers]] of faults.entries()) {
    assert.equal((await callV3(api, LIST, { headers })).body['Code'], code)
    for (const [later, more] of faults.slice(at + 1)) {
      const { body } = await callV3(api, LIST, { headers: { ...more, ...headers } })
      assert.equal(body['Code'], code, `${code} before ${later}`)
    }
  }
  const key = { accessKeyId: 'PSTNnobody', secret: 'x' }
  const unknown = await callV3(api, LIST, { key, headers: { 'x-acs-date': '2020-01-01T00:00:00Z' } })
  assert.deepEqual([unknown.status, unknown.body['Code']], [404, 'InvalidAccessKeyId.NotFound'])
})

test('row 8: the string to sign of V3 follows one colon, and the canonical request is there without the token', async () => {
  await using api = await runApi()
  const { body } = await callV3(api, LIST, { query: { PageSize: '7' }, key: { ...api.key, secret: 'x' } })
  const canonical = String(body['CanonicalRequest'])
  assert.match(canonical, /^POST\n\/\nPageSize=7\nhost:127\.0\.0\.1:\d+\nx-acs-action:DescribeBackupGatewayList\n/)
  const stringToSign = `ACS3-HMAC-SHA256\n${createHash('sha256').update(canonical).digest('hex')}`
  assert.equal(String(body['Message']).split('server string to sign is:')[1], stringToSign)
  assert.equal(String(body['Message']).split(':')[1], stringToSign)

  // As if the token fitted the key: else it is refused before the signature is looked at.
  const key = await api.accessKeys.find(api.key.accessKeyId)
  Object.assign(api.accessKeys, { find: () => Promise.resolve(key) })
  const secret = { 'x-acs-accesskey-id': api.key.accessKeyId, 'x-acs-security-token': 'sts-token-of-mine' }
  const sts = await callV3(api, LIST, { headers: secret, key: { ...api.key, secret: 'x' } })
  assert.equal(sts.body['Code'], 'SignatureDoesNotMatch')
  assert.doesNotMatch(JSON.stringify(sts.body), /sts-token-of-mine/)
})

test('row 5: a security token beside a permanent key is refused, in both signatures', async () => {
  await using api = await runApi()
  const v1 = await api.call(LIST, { SecurityToken: 'token' })
  const headers = { 'x-acs-accesskey-id': api.key.accessKeyId, 'x-acs-security-token': 'token' }
  for (const { status, body } of [v1, await callV3(api, LIST, { headers })]) {
    assert.deepEqual([status, body['Code']], [400, 'InvalidSecurityToken.MismatchWithAccessKey'])
  }
  isFine(await api.call(LIST, { SecurityToken: '' }))
})

test('row 1: V1 with Format=json, all in the query of a POST, and a list in parts', async () => {
  await using api = await runApi()
  const ids = [String(await api.addGateway()), String(await api.addGateway()), String(await api.addGateway())]
  const params = {
    Action: LIST,
    Version: '2019-03-06',
    Format: 'json',
    'Identifier.2': ids[2] ?? '',
    'Identifier.1': ids[0] ?? '',
  }
  const v1 = signedParametersV1(params, api.key, { method: 'POST', time: Date.now(), nonce: randomUUID() })
  const answer = await send(`${api.url}/?${encodeParameters(v1)}`, { method: 'POST', headers: FORM })
  isFine(answer)
  assert.equal(answer.body['TotalElements'], 2)
  const bad = await api.call(LIST, { 'Identifier.1': 'x' })
  assert.equal(bad.body['Code'], 'InvalidIdentifier')
  const whole = await api.call(LIST, {
    Identifier: ids[0] ?? '',
    'Identifier.1': ids[1] ?? '',
    'Identifier.2': ids[2] ?? '',
  })
  assert.equal(whole.body['TotalElements'], 1)
})
