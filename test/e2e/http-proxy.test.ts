import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { z } from 'zod'
import { EXIT } from '../../src/cli/exit-code.ts'
import { type ConnectProxyOptions, startConnectProxy } from '../fixtures/connect-proxy.ts'
import { freePort } from '../fixtures/free-port.ts'
import { startGateway, startServer, type TestServer } from '../fixtures/postern.ts'
import { postern } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

/** Only the proxy knows where it is: RFC 6761 keeps the name out of every DNS. */
const SERVER = 'http://postern.test'
const LOGIN = 'plant:s3cret'

/** Whatever this machine has set for itself is not of the test. */
const NONE = {
  HTTP_PROXY: undefined,
  http_proxy: undefined,
  HTTPS_PROXY: undefined,
  https_proxy: undefined,
  NO_PROXY: undefined,
  no_proxy: undefined,
}

describe('HTTP_PROXY and a server with http://', { concurrency: true }, () => {
  const resources = new AsyncDisposableStack()
  let folder: string
  let server: TestServer
  before(async () => {
    folder = resources.use(await tempFolder('http-proxy')).path
    server = resources.use(await startServer(folder))
  })
  after(() => resources.disposeAsync())

  const startProxy = (options: Partial<ConnectProxyOptions> = {}) =>
    startConnectProxy({ routes: { 'postern.test:80': Number(new URL(server.url).port) }, login: LOGIN, ...options })
  const list = (endpoint: string, env: Readonly<Record<string, string | undefined>>) =>
    postern(['gateway', 'list', '--endpoint', endpoint, '--key-file', server.keyFile, '--output', 'json'], {
      env: { ...NONE, ...env },
    })

  for (const name of ['HTTP_PROXY', 'http_proxy']) {
    test(`${name}: a client command gets its answer through the proxy, which is asked by CONNECT with its login`, async () => {
      await using proxy = await startProxy()
      const { code, stdout, stderr } = await list(SERVER, { [name]: `http://${LOGIN}@127.0.0.1:${proxy.port}` })
      assert.deepEqual([code, stderr], [EXIT.done, ''])
      z.array(z.object({ BackupGatewayId: z.string() })).parse(JSON.parse(stdout))
      assert.deepEqual([proxy.asked, proxy.tunnels], [['postern.test:80'], 1])
      assert.match(String(proxy.first[0]), /^POST \/ HTTP\/1\.1\r\n/)
      // The login is for the proxy; what runs in the tunnel has nothing of it.
      assert.doesNotMatch(String(proxy.first[0]), /proxy-authorization/i)
    })
  }

  test('a wrong login, a proxy that is not there: said, without the password', async () => {
    await using proxy = await startProxy()
    const wrong = await list(SERVER, { HTTP_PROXY: `http://plant:wr0ng@127.0.0.1:${proxy.port}` })
    assert.equal(wrong.code, EXIT.noConnection)
    assert.match(wrong.stderr, /answered 407: user or password is missing or wrong/)
    const missing = await list(SERVER, { HTTP_PROXY: `http://plant:wr0ng@127.0.0.1:${await freePort()}` })
    assert.equal(missing.code, EXIT.noConnection)
    assert.match(missing.stderr, /the proxy 127\.0\.0\.1:\d+ cannot be used: /)
    assert.doesNotMatch(wrong.stderr + missing.stderr, /wr0ng/)
    assert.equal(proxy.tunnels, 0)
  })

  test('NO_PROXY, and HTTPS_PROXY alone: http:// is dialled directly', async () => {
    await using proxy = await startProxy()
    const address = `http://${LOGIN}@127.0.0.1:${proxy.port}`
    for (const env of [{ HTTP_PROXY: address, NO_PROXY: '.test' }, { HTTPS_PROXY: address }]) {
      const { code, stderr } = await list(SERVER, env)
      assert.equal(code, EXIT.noConnection)
      assert.match(stderr, /^No connection to http:\/\/postern\.test: getaddrinfo /)
    }
    assert.deepEqual(proxy.asked, [])
  })

  test('a gateway does not enrol over http:// through a proxy: nobody is asked, the token goes nowhere', async () => {
    await using proxy = await startProxy()
    const data = join(folder, 'refused')
    const args = ['gateway', 'enroll', '--server', SERVER, '--data', data]
    const { code, stderr } = await postern(args, {
      env: { ...NONE, HTTP_PROXY: `http://${LOGIN}@127.0.0.1:${proxy.port}`, POSTERN_ENROLLMENT_TOKEN: 'never-sent' },
    })
    assert.equal(code, EXIT.failed)
    assert.match(stderr, /`http:\/\/postern\.test`: http is for this machine only, .*; use https/)
    assert.deepEqual([proxy.asked, existsSync(data)], [[], false])
  })

  test('a gateway and a client on the machine of the server go past the proxy', async () => {
    await using proxy = await startProxy({ behaviour: 'refuse' })
    const env = { ...NONE, HTTP_PROXY: `http://${LOGIN}@127.0.0.1:${proxy.port}` }
    const beside = join(folder, 'beside')
    await using gateway = await startGateway(server, beside, { config: 'endpoints: []\n', command: { env } })
    const { code, stdout } = await list(server.url, env)
    assert.equal(code, EXIT.done)
    assert.match(stdout, new RegExp(`"BackupGatewayId": "${gateway.id}"[^}]*"BackupGatewayStatus": "ONLINE"`))
    assert.deepEqual(proxy.asked, [])
  })
})
