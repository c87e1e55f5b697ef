import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guardedAddress, specialKind, systemResolver } from '../../src/gateway/address-guard.ts'
import type { ConfiguredEndpoint, GatewayConfiguration } from '../../src/gateway/configuration.ts'
import { parseConfiguredHost } from '../../src/gateway/configured-host.ts'
import { findTarget } from '../../src/gateway/target.ts'
import { PosternError } from '../../src/model/errors.ts'
import { manualClock } from '../fixtures/manual-clock.ts'

function configurationOf(...hosts: readonly string[]): GatewayConfiguration {
  const endpoints = hosts.map((text): ConfiguredEndpoint => {
    const host = parseConfiguredHost(text)
    assert.ok(typeof host !== 'string')
    return {
      name: text,
      engine: 'MySQL',
      host,
      port: 3306,
      user: 'u',
      password: async () => '',
      tls: { mode: 'verify' },
      line: 1,
    }
  })
  const limits = { total: 1, perEndpoint: 1, connectMs: 1, queryMs: 1 }
  return { file: '/etc/gateway.yaml', endpoints, limits, warnings: [] }
}

async function guard(
  configuration: GatewayConfiguration,
  host: string,
  options: { resolvesTo?: readonly string[] } = {},
): Promise<string> {
  const target = findTarget(configuration, { engine: 'MySQL', host, port: 3306 })
  return await guardedAddress(target, {
    configuration,
    resolver: async () => options.resolvesTo ?? [],
    clock: manualClock(),
    signal: new AbortController().signal,
    timeoutMs: 1000,
  })
}

const missing = async () => {
  throw Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' })
}
const silentResolver = () => new Promise<string[]>(() => undefined)

const SPECIAL = [
  '127.0.0.1',
  '127.8.9.10',
  '0.0.0.0',
  '169.254.0.1',
  '169.254.169.254',
  '100.100.100.200',
  '224.0.0.1',
  '255.255.255.255',
  '::1',
  '::',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '0:0:0:0:0:ffff:a9fe:a9fe',
  'fe80::1',
  'fe80::1%lo',
  'febf::1',
  'fd00:ec2::254',
  'ff02::1',
  '64:ff9b::7f00:1',
  '64:ff9b::169.254.169.254',
  '::127.0.0.1',
]

for (const address of SPECIAL) {
  test(`row 30: a name that resolves to ${address} is not dialled`, async () => {
    const configuration = configurationOf('db.example.net', '0.0.0.0/0', '::/0')
    await assert.rejects(guard(configuration, 'db.example.net', { resolvesTo: [address] }), (error) => {
      assert.ok(error instanceof PosternError)
      assert.equal(error.code, 'Endpoint.NotAllowed')
      assert.match(error.message, /db\.example\.net, which resolves to .*\/etc\/gateway\.yaml/)
      return true
    })
  })

  test(`row 30: ${address} in a range is not dialled, listed exactly it is`, async () => {
    await assert.rejects(guard(configurationOf('0.0.0.0/0', '::/0'), address), { code: 'Endpoint.NotAllowed' })
    assert.ok(await guard(configurationOf(address, '0.0.0.0/0', '::/0'), address))
  })
}

for (const address of [
  '10.0.0.1',
  '192.168.1.1',
  '172.16.0.1',
  '100.64.0.1',
  '8.8.8.8',
  '2001:db8::1',
  'fd00::1',
  '64:ff9b::a00:1',
]) {
  test(`${address} is an ordinary address`, async () => {
    assert.equal(specialKind(address), undefined)
    assert.equal(await guard(configurationOf('db.example.net'), 'db.example.net', { resolvesTo: [address] }), address)
  })
}

test('row 30: a name does not lead to a loopback address that is listed beside it', async () => {
  const configuration = configurationOf('db.example.net', '127.0.0.1')
  await assert.rejects(guard(configuration, 'db.example.net', { resolvesTo: ['127.0.0.1'] }), {
    code: 'Endpoint.NotAllowed',
  })
  assert.equal(await guard(configuration, '127.0.0.1'), '127.0.0.1')
})

test('row 30: localhost is loopback and nothing else', async () => {
  const configuration = configurationOf('localhost')
  assert.equal(await guard(configuration, 'LOCALHOST', { resolvesTo: ['::1', '127.0.0.1'] }), '127.0.0.1')
  await assert.rejects(guard(configuration, 'localhost', { resolvesTo: ['169.254.169.254'] }), {
    code: 'Endpoint.NotAllowed',
  })
})

test('row 30: the first allowed of several addresses is dialled', async () => {
  const resolvesTo = ['127.0.0.1', '::ffff:10.0.0.9', '10.0.0.10']
  assert.equal(await guard(configurationOf('db.example.net'), 'db.example.net', { resolvesTo }), '10.0.0.9')
})

test('row 30: odd spellings of loopback resolve to it and are refused', async () => {
  for (const name of ['127.1', '0x7f.1', '2130706433', '017700000001', 'localhost']) {
    const resolved = await systemResolver(name).catch(() => [])
    for (const address of resolved) assert.equal(specialKind(address), 'loopback', name)
  }
})

test('a name that is not there is NameNotResolved', async () => {
  const configuration = configurationOf('db.example.net')
  const target = findTarget(configuration, { engine: 'MySQL' })
  const clock = manualClock()
  const signal = new AbortController().signal
  const options = { configuration, clock, signal, timeoutMs: 1000 }
  await assert.rejects(guardedAddress(target, { ...options, resolver: missing }), (error) => {
    assert.ok(error instanceof PosternError)
    assert.equal(error.code, 'Endpoint.NameNotResolved')
    assert.match(error.message, /db\.example\.net: The resolver says ENOTFOUND/)
    return true
  })
  await assert.rejects(guardedAddress(target, { ...options, resolver: async () => [] }), {
    code: 'Endpoint.NameNotResolved',
  })
  assert.equal(clock.pending, 0)
})

test('a resolver that does not answer ends with the deadline or the signal', async () => {
  const configuration = configurationOf('db.example.net')
  const target = findTarget(configuration, { engine: 'MySQL' })
  const clock = manualClock()
  const stop = new AbortController()
  const options = { configuration, resolver: silentResolver, clock, signal: stop.signal, timeoutMs: 1000 }
  const late = guardedAddress(target, options)
  clock.advance(1000)
  await assert.rejects(late, { code: 'Endpoint.NameNotResolved' })
  const stopped = guardedAddress(target, options)
  stop.abort(new PosternError('Task.Cancelled'))
  await assert.rejects(stopped, { code: 'Task.Cancelled' })
  assert.equal(clock.pending, 0)
})
