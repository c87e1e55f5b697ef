import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { EXIT } from '../../src/cli/exit-code.ts'
import { eventually } from '../fixtures/eventually.ts'
import { freePort } from '../fixtures/free-port.ts'
import { startServer } from '../fixtures/postern.ts'
import { postern, startPostern } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const mode = async (file: string) => ((await stat(file)).mode & 0o777).toString(8)

test('the first start makes the store and writes the root AccessKey once', async () => {
  await using folder = await tempFolder()
  await using server = await startServer(folder.path)
  assert.equal(await mode(server.data), '700')
  for (const file of ['root-access-key.json', 'secret.key'])
    assert.equal(await mode(join(server.data, file)), '600', file)
  const first = await readFile(server.keyFile, 'utf8')
  assert.deepEqual(
    [...first.matchAll(/"(\w+)":/g)].map((match) => match[1]),
    ['AccessKeyId', 'AccessKeySecret'],
  )
  await server.process().kill()
  await server.start()
  assert.equal(await readFile(server.keyFile, 'utf8'), first)
  assert.equal((await server.call('DescribeBackupGatewayList')).status, 200)
})

test('the secret of a key is nowhere in the store in clear text, nor in the log', async () => {
  await using folder = await tempFolder()
  await using server = await startServer(folder.path, { args: ['--log-level', 'debug'] })
  await server.call('DescribeBackupGatewayList')
  const { AccessKeySecret } = server.accessKey
  for (const file of ['postern.db', 'postern.db-wal']) {
    const bytes = await readFile(join(server.data, file))
    assert.ok(!bytes.includes(AccessKeySecret), file)
  }
  assert.ok(!server.process().output().includes(AccessKeySecret))
})

test('without its key file a store is not served', async () => {
  await using folder = await tempFolder()
  const server = await startServer(folder.path)
  await server.process().kill()
  await writeFile(join(server.data, 'secret.key'), `${'ab'.repeat(32)}\n`)
  const start = async () => postern(['server', '--data', server.data, '--listen', `127.0.0.1:${await freePort()}`])
  const another = await start()
  assert.equal(another.code, EXIT.failed)
  assert.match(another.stderr, /Put the right key file back/)
  await chmod(join(server.data, 'secret.key'), 0o644)
  const open = await start()
  assert.equal(open.code, EXIT.failed)
  assert.match(open.stderr, /chmod 600/)
})

test('a second server on the same store is refused, and says which process has it', async () => {
  await using folder = await tempFolder()
  await using server = await startServer(folder.path)
  const second = await postern(['server', '--data', server.data, '--listen', `127.0.0.1:${await freePort()}`])
  assert.equal(second.code, EXIT.failed)
  assert.match(second.stderr, new RegExp(String(server.process().pid)))
  assert.equal((await server.call('DescribeBackupGatewayList')).status, 200, 'the first one is unharmed')
})

test('a store of a newer version is refused with what to do', async () => {
  await using folder = await tempFolder()
  const server = await startServer(folder.path)
  await server.process().kill()
  const database = new DatabaseSync(join(server.data, 'postern.db'))
  database.exec("UPDATE meta SET min_node = '99.0.0'")
  database.close()
  const refused = await postern(['server', '--data', server.data, '--listen', `127.0.0.1:${await freePort()}`])
  assert.equal(refused.code, EXIT.failed)
  assert.match(refused.stderr, /99\.0\.0/)
})

test('a public address without TLS and without a proxy is refused with what to do', async () => {
  await using folder = await tempFolder()
  for (const listen of ['0.0.0.0:7070', '[::]:7070', '192.0.2.1:7070', 'db.example.net:7070']) {
    const refused = await postern(['server', '--data', join(folder.path, 'server'), '--listen', listen])
    assert.equal(refused.code, EXIT.usage, listen)
    assert.match(refused.stderr, /--tls-cert.*--behind-proxy/s)
  }
})

test('broken options and settings are refused before anything is made', async () => {
  await using folder = await tempFolder()
  const data = join(folder.path, 'server')
  const config = join(folder.path, 'server.yaml')
  await writeFile(config, 'listen: 127.0.0.1:0\ndrainGraceSecond: 5\n')
  const refused = await postern(['server', '--data', data, '--config', config])
  assert.notEqual(refused.code, 0)
  assert.match(refused.stderr, /server\.yaml:2:1: .*drainGraceSeconds/)
  for (const args of [
    ['--listen', 'nonsense'],
    ['--drain-grace', 'x'],
    ['--tls-cert', 'a.pem'],
    ['--behind-proxy', 'no-cidr', '--listen', '0.0.0.0:1'],
  ]) {
    assert.equal((await postern(['server', '--data', data, ...args])).code, EXIT.usage, args.join(' '))
  }
  await assert.rejects(stat(data))
})

test('row 29: SIGTERM drains: not ready at once, still serving, connections end with their answer, then gone with code 0', async () => {
  await using folder = await tempFolder()
  await using server = await startServer(folder.path, { args: ['--drain-grace', '2'] })
  assert.equal((await fetch(`${server.url}/readyz`)).status, 200)
  server.process().child.kill('SIGTERM')
  await server.process().line('"msg":"draining"')
  assert.equal((await fetch(`${server.url}/readyz`)).status, 503)
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200)
  // From the beginning of the grace: who uses a connection in it is not on it when it is closed.
  const answer = await fetch(`${server.url}/`)
  assert.deepEqual([answer.status, answer.headers.get('connection')], [400, 'close'])
  assert.equal((await server.call('DescribeBackupGatewayList')).status, 200)
  assert.equal(await server.process().ended, 0)
})

test('row 29: SIGTERM while it starts is not forgotten', async () => {
  await using folder = await tempFolder()
  const data = join(folder.path, 'data')
  const args = ['server', '--data', data, '--listen', '127.0.0.1:0', '--drain-grace', '0']
  await using server = startPostern(args)
  // It has the store then, and does not listen yet.
  await eventually('it works on its store', () => existsSync(join(data, 'server.pid')))
  server.child.kill('SIGTERM')
  await eventually('it has ended', () => server.child.exitCode !== null)
  assert.equal(server.child.exitCode, 0, server.output())
})

test('metrics are on an address of their own', async () => {
  await using folder = await tempFolder()
  const port = await freePort()
  await using server = await startServer(folder.path, { args: ['--metrics-listen', `127.0.0.1:${port}`] })
  await server.call('DescribeBackupGatewayList')
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  assert.match(text, /^postern_api_requests_total\{action="DescribeBackupGatewayList",code="OK"\} 1$/m)
  assert.match(text, /^postern_gateways_connected 0$/m)
  assert.equal((await fetch(`${server.url}/metrics`)).status, 404)
})

test('a server whose store cannot write any more ends, so that it is started again', async () => {
  await using folder = await tempFolder()
  const DEAD_WRITER = new URL('../fixtures/dead-writer.ts', import.meta.url).href
  await using server = await startServer(folder.path, { command: { nodeArgs: ['--import', DEAD_WRITER] } })
  await server.call('CreateGatewayEnrollment', { Name: 'last words' }, '2026-12-01').catch(() => {})
  assert.equal(await server.process().ended, EXIT.failed)
  assert.match(server.process().output(), /the writer of the store has ended/)
})
