import assert from 'node:assert/strict'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { readNatsAddress } from '../../src/bus/nats-address.ts'
import { type BusOptions, busOptions, busSource } from '../../src/cli/bus-source.ts'
import { eventually } from '../fixtures/eventually.ts'
import { freePort } from '../fixtures/free-port.ts'
import { findNats, startNats } from '../fixtures/nats.ts'
import { startServer } from '../fixtures/postern.ts'
import { postern } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const sourceOf = (options: BusOptions, env: Record<string, string>) => busSource(busOptions(options, env))

test('the bus comes from the option, a file or the environment, and is local without them', async () => {
  await using folder = await tempFolder('bus')
  const file = join(folder.path, 'bus')
  await writeFile(file, 'nats://u:p@h\n', { mode: 0o600 })
  assert.equal(sourceOf({}, {}), 'local')
  assert.equal(sourceOf({ bus: 'postgres' }, { POSTERN_BUS: 'nats://a' }), 'postgres')
  assert.equal(sourceOf({}, { POSTERN_BUS: 'tls://u:p@a' }), 'tls://u:p@a')
  assert.equal(sourceOf({ busFile: file }, { POSTERN_BUS: 'nats://a' }), 'nats://u:p@h')
  assert.throws(() => sourceOf({ bus: 'local', busFile: file }, {}), /not both/)
  assert.throws(() => sourceOf({ bus: 'redis://h' }, {}), /--bus must be local, postgres, or/)
  assert.throws(() => sourceOf({ busFile: join(folder.path, 'none') }, {}), /cannot be read \(ENOENT\)/)
  for (const url of ['nats://u:s3cret@a,b', 'postgres://u:s3cret@h/d', 'TLS://u:s3cret@h']) {
    assert.throws(() => sourceOf({ bus: url }, {}), /^CommandError: The URL of --bus has a password(?!.*s3cret)/s)
  }
  await chmod(file, 0o640)
  assert.throws(() => sourceOf({ busFile: file }, {}), /chmod 600/)
})

test('addresses of NATS servers: several hosts, login, TLS wherever others could listen', () => {
  const { servers, login, tls, region } = readNatsAddress('nats://u:p%40ss@a:1,b,[::1]:3?region=eu')
  assert.deepEqual(servers, [
    { host: 'a', port: 1 },
    { host: 'b', port: 4222 },
    { host: '::1', port: 3 },
  ])
  assert.deepEqual([login, tls, region], [{ kind: 'password', user: 'u', password: 'p@ss' }, {}, 'eu'])
  assert.equal(readNatsAddress('nats://127.0.0.1').tls, undefined)
  assert.deepEqual(readNatsAddress('tls://127.0.0.1').tls, {})
  assert.equal(readNatsAddress('nats://far?tls=disable').tls, undefined)
  const wrong = [
    ['nats://', /not of the form/],
    ['nats://h:99999', /not of the form/],
    ['nats://h/x', /not of the form/],
    ['nats://u:p%zz@h', /password is not percent-encoded/],
    ['nats://user@h', /a user and no password/],
    ['nats://u:p@h?credentials=/x', /give one of them/],
    ['nats://h?credentials=/nowhere', /`credentials` names a file that cannot be read \(ENOENT\)/],
    ['nats://h?ca=/nowhere', /`ca` names a file/],
    ['nats://h?tls=maybe', /`tls` must be verify or disable/],
    ['nats://h?user=x', /"user" is not a parameter that is known/],
    ['nats://h?region=a&region=b', /"region" is there twice/],
    ['nats://h?region=', /`region` must have/],
  ] as const
  for (const [url, message] of wrong) assert.throws(() => readNatsAddress(url), message, url)
})

test('a server says what is wrong with its bus, and no password', async () => {
  await using folder = await tempFolder('bus-start')
  const server = ['server', '--data', join(folder.path, 'data'), '--listen', `127.0.0.1:${await freePort()}`]
  const onlyOne = await postern([...server, '--bus', 'postgres'])
  assert.equal(onlyOne.code, 2)
  assert.match(onlyOne.stderr, /--bus postgres needs a store in PostgreSQL/)
  const wrong = await postern(server, { env: { POSTERN_BUS: 'nats://u:s3cret@h?tls=no' } })
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /--bus: `tls` must be verify or disable/)
  assert.doesNotMatch(wrong.stderr, /s3cret/)
})

const skip = !findNats() && 'NATS is not on this machine (Debian: nats-server)'

test('a server with a bus counts its wakes, and one whose bus is not there starts all the same', { skip }, async () => {
  await using folder = await tempFolder('bus-server')
  const port = await freePort()
  const metricsPort = await freePort()
  await using server = await startServer(folder.path, {
    args: ['--metrics-listen', `127.0.0.1:${metricsPort}`],
    command: { env: { POSTERN_BUS: `nats://postern:s3cret@127.0.0.1:${port}` } },
  })
  const metrics = async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  assert.match(await metrics(), /^postern_bus_connected 0$/m)
  assert.equal((await server.call('DescribeRegions')).ok, true)
  await using nats = await startNats({ port, user: 'postern', password: 's3cret' })
  assert.equal(nats.port, port)
  await eventually('it finds its bus', async () => /^postern_bus_connected 1$/m.test(await metrics()))
  assert.match(await metrics(), /^# TYPE postern_bus_published_total counter$/m)
  const log = server.process().output()
  assert.match(log, /the bus is not there/)
  assert.match(log, /the bus is there/)
  assert.doesNotMatch(log, /s3cret/)
})
