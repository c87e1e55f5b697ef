import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { z } from 'zod'
import { enrollReply } from '../../src/link/messages.ts'
import { fingerprintOf } from '../../src/model/ids.ts'
import { runApi, type RunningApi, send } from './running-api.ts'

const LIST = 'DescribeBackupGatewayList'
const JSON_TYPE = { 'content-type': 'application/json' }

function rawKey(): string {
  const { x = '' } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
  return Buffer.from(x, 'base64url').toString('base64')
}

const enroll = (api: RunningApi, body: unknown) =>
  send(`${api.url}/link/enroll`, {
    method: 'POST',
    headers: JSON_TYPE,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

const listReply = z.object({ Items: z.object({ BackupGateway: z.array(z.record(z.string(), z.unknown())) }) })
const items = (body: Record<string, unknown>) => listReply.parse(body).Items.BackupGateway

test('a gateway is enrolled with a one-time token and listed', async () => {
  await using api = await runApi()
  const token = await api.call(
    'CreateGatewayEnrollment',
    { Name: ' warehouse Lyon ', Region: 'eu-1' },
    { version: '2026-12-01' },
  )
  assert.equal(token.status, 200, JSON.stringify(token.body))
  assert.deepEqual(Object.keys(token.body), [
    'RequestId',
    'HttpStatusCode',
    'Success',
    'EnrollmentToken',
    'EnrollmentId',
    'ExpiresAt',
  ])
  const left = Date.parse(String(token.body['ExpiresAt'])) - Date.now()
  assert.ok(left > 29 * 60_000 && left <= 30 * 60_000)

  const request = { token: token.body['EnrollmentToken'], publicKey: rawKey(), hostname: 'db-1', version: '0.1.0' }
  const enrolled = await enroll(api, request)
  assert.equal(enrolled.status, 200, JSON.stringify(enrolled.body))
  const reply = enrollReply.parse(enrolled.body)
  assert.deepEqual(
    [reply.account, reply.region, reply.name, reply.server],
    [api.account, 'eu-1', 'warehouse Lyon', api.store.serverId],
  )
  assert.match(enrolled.headers.get('x-acs-request-id') ?? '', /^[0-9A-F-]{36}$/)
  // A lost reply costs nothing, another key gets nothing.
  assert.deepEqual((await enroll(api, request)).body, enrolled.body)
  const other = await enroll(api, { ...request, publicKey: rawKey() })
  assert.deepEqual([other.status, other.body['Code']], [403, 'Enrollment.Refused'])

  const { body } = await api.call(LIST)
  assert.deepEqual(items(body), [
    {
      BackupGatewayId: String(reply.gateway),
      DisplayName: 'warehouse Lyon',
      Region: 'eu-1',
      Identifier: String(reply.gateway),
      BackupGatewayStatus: 'OFFLINE',
      BackupGatewayCreateTime: items(body)[0]?.['BackupGatewayCreateTime'],
      LastHeartbeatTime: 0,
      SourceEndpointHostname: 'db-1',
      SourceEndpointInternetIP: '',
      SourceEndpointIntranetIP: '',
      KeyFingerprint: fingerprintOf(Buffer.from(request.publicKey, 'base64')),
    },
  ])
})

test('a gateway that was connected has the address it came from and the one it says itself, until it says none', async () => {
  await using api = await runApi()
  const gateway = await api.addGateway()
  const [proven] = await api.store.fleet.keys(gateway)
  assert.ok(proven !== undefined)
  const session = { gateway, instance: '1'.repeat(32), key: fingerprintOf(proven), hostname: 'db-1', version: '0' }
  const addresses = async () => {
    const [item] = items((await api.call(LIST)).body)
    return [item?.['SourceEndpointInternetIP'], item?.['SourceEndpointIntranetIP']]
  }
  await api.store.fleet.open({ ...session, address: '203.0.113.7', localAddress: '10.0.0.5' })
  assert.deepEqual(await addresses(), ['203.0.113.7', '10.0.0.5'])
  await api.store.fleet.open({ ...session, address: '203.0.113.8' })
  assert.deepEqual(await addresses(), ['203.0.113.8', ''])
})

test('a gateway with a fresh round trip is ONLINE', async () => {
  await using api = await runApi()
  const gateway = await api.addGateway()
  api.presence.seen(gateway, {})
  const [item] = items((await api.call(LIST)).body)
  assert.equal(item?.['BackupGatewayStatus'], 'ONLINE')
  assert.ok(Date.now() - Number(item['LastHeartbeatTime']) < 60_000)
})

test('what is wrong with an enrolment has the shape of every error', async () => {
  await using api = await runApi()
  const fine = { token: 'postern-x', publicKey: rawKey(), hostname: 'h', version: '1' }
  for (const body of ['', '{', '[]', 'null', '{"token":1}', { ...fine, publicKey: '!' }]) {
    const answer = await enroll(api, body)
    assert.deepEqual([answer.status, answer.body['Code']], [400, 'InvalidParameter'], JSON.stringify(body))
    assert.match(String(answer.body['Message']), /token, publicKey, hostname and version/)
  }
  const unknown = await enroll(api, fine)
  assert.deepEqual([unknown.status, unknown.body['Code'], unknown.body['Success']], [403, 'Enrollment.Refused', false])
  const large = await enroll(api, { ...fine, hostname: 'x'.repeat(5_000) })
  assert.deepEqual([large.status, large.body['Code']], [413, 'RequestTooLarge'])
  const get = await send(`${api.url}/link/enroll`)
  assert.deepEqual([get.status, get.body['Code']], [404, 'InvalidAction.NotFound'])
})

test('an enrolment’s name and region are checked, and its nonce is burnt with it', async () => {
  await using api = await runApi()
  const make = (params: Record<string, string>, nonce?: string) =>
    api.call('CreateGatewayEnrollment', params, { version: '2026-12-01', ...(nonce !== undefined && { nonce }) })
  assert.equal((await make({ Name: 'x'.repeat(65) })).body['Code'], 'InvalidName')
  assert.equal((await make({ Name: 'a\nb' })).body['Code'], 'InvalidName')
  assert.equal((await make({ Region: 'EU 1' })).body['Code'], 'InvalidRegion')
  assert.equal((await make({}, 'n')).status, 200)
  await api.restart()
  assert.equal((await make({}, 'n')).body['Code'], 'SignatureNonceUsed')
})

test('the list has pages, and can be narrowed by region and id to gateways of the account', async () => {
  await using api = await runApi()
  const other = await api.addAccount()
  const foreign = await api.addGateway({ account: other.account })
  const ids = []
  for (const region of ['a', 'b', 'b']) ids.push(String(await api.addGateway({ region })))

  const { body } = await api.call(LIST, { PageSize: '2' })
  assert.deepEqual([body['PageNum'], body['PageSize'], body['TotalPages'], body['TotalElements']], [0, 2, 2, 3])
  const second = await api.call(LIST, { PageSize: '2', PageNum: '1' })
  const listed = [...items(body), ...items(second.body)].map((item) => String(item['BackupGatewayId']))
  assert.deepEqual(listed.toSorted(), ids.toSorted())
  assert.deepEqual(items((await api.call(LIST, { PageNum: '9' })).body), [])

  assert.equal(items((await api.call(LIST, { Region: 'b' })).body).length, 2)
  const chosen = await api.call(LIST, { Identifier: `${ids[0]}, ${foreign},7` })
  assert.deepEqual(
    items(chosen.body).map((item) => item['BackupGatewayId']),
    [ids[0]],
  )
  assert.equal((await api.call(LIST, { Identifier: '7' })).body['TotalElements'], 0)
  for (const [name, value] of [
    ['PageSize', '0'],
    ['PageSize', '101'],
    ['PageNum', '-1'],
    ['Identifier', 'a,b'],
    ['Identifier', '1,,2'],
  ] as const) {
    assert.equal((await api.call(LIST, { [name]: value })).body['Code'], `Invalid${name}`)
  }
})

test('the list has the names and types of the original service', async () => {
  await using api = await runApi()
  const gateway = await api.addGateway({ name: 'plant 7', region: 'eu-1' })
  api.presence.seen(gateway, {})
  const { body } = await api.call(LIST)
  const reply = z.strictObject({
    RequestId: z.string(),
    HttpStatusCode: z.literal(200),
    Success: z.literal(true),
    PageNum: z.literal(0),
    PageSize: z.literal(30),
    TotalPages: z.literal(1),
    TotalElements: z.literal(1),
    Items: z.strictObject({
      BackupGateway: z.array(
        z.strictObject({
          DisplayName: z.literal('plant 7'),
          BackupGatewayCreateTime: z.int().positive(),
          BackupGatewayId: z.literal(String(gateway)),
          Region: z.literal('eu-1'),
          Identifier: z.literal(String(gateway)),
          SourceEndpointInternetIP: z.string(),
          BackupGatewayStatus: z.literal('ONLINE'),
          SourceEndpointIntranetIP: z.string(),
          // Postern's own.
          KeyFingerprint: z.string(),
          LastHeartbeatTime: z.int().positive(),
          SourceEndpointHostname: z.literal('db-1'),
        }),
      ),
    }),
  })
  reply.parse(body)
})

test('the regions are those of the account with a gateway in them, and default', async () => {
  await using api = await runApi()
  const other = await api.addAccount()
  const regions = async (call = {}) => (await api.call('DescribeRegions', {}, call)).body['Regions']
  assert.deepEqual(await regions(), { RegionCode: ['default'] })
  for (const region of ['eu-1', 'cn-hangzhou', 'eu-1', 'default']) await api.addGateway({ region })
  await api.addGateway({ region: 'elsewhere', account: other.account })
  assert.deepEqual(await regions(), { RegionCode: ['cn-hangzhou', 'default', 'eu-1'] })
  assert.deepEqual(await regions({ key: other.key }), { RegionCode: ['default', 'elsewhere'] })
})
