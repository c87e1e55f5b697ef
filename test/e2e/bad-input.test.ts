import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { hostname } from 'node:os'
import { after, before, describe, test } from 'node:test'
import { encodeParameters, signedParametersV1 } from '../../src/access/signature-v1.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import {
  DBS,
  listDatabases,
  startGateway,
  startServer,
  type TestGateway,
  type TestServer,
} from '../fixtures/postern.ts'
import { type SilentServer, startSilentServer } from '../fixtures/silent-server.ts'
import { freePort } from '../fixtures/free-port.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const REQUEST_ID = /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/
/** Set short in the configuration below, so that a port that never answers ends soon. */
const CONNECT_SECONDS = 2
const skip = findMariadb() === undefined && 'MariaDB is not on this machine'
/** A name that the resolver of this machine gives a loopback address for, and that is not "localhost". */
const loopbackName = await lookup(hostname()).then(
  ({ address }) => (/^(127\.|::1$)/.test(address) ? hostname().toLowerCase() : undefined),
  () => undefined,
)

const endpoint = (port: number, more = 'tls: { mode: off }', host = '127.0.0.1') =>
  `  - { engine: MariaDB, host: "${host}", port: ${port}, user: lister, password: wrong, ${more} }`

const shape = (body: unknown): Record<string, unknown> => {
  assert.ok(typeof body === 'object' && body !== null)
  const fields = Object.fromEntries(Object.entries(body))
  assert.match(String(fields['RequestId']), REQUEST_ID)
  return fields
}

describe('bad input, each with its code', { skip }, () => {
  const resources = new AsyncDisposableStack()
  let server: TestServer
  let gateway: TestGateway
  let databasePort: number
  let refusedPort: number
  let silent: SilentServer
  let http: SilentServer

  before(async () => {
    const folder = resources.use(await tempFolder())
    const database = resources.use(await startMariadb())
    databasePort = database.port
    refusedPort = await freePort()
    silent = resources.use(await startSilentServer())
    http = resources.use(
      await startSilentServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')),
    )
    server = resources.use(await startServer(folder.path))
    gateway = resources.use(
      await startGateway(server, folder.path, {
        config: [
          'endpoints:',
          endpoint(databasePort),
          endpoint(refusedPort),
          endpoint(silent.port),
          endpoint(http.port),
          // The name points to loopback, which is allowed only where it is listed exactly.
          endpoint(databasePort, 'tls: { mode: off }', loopbackName ?? 'no-such-name.invalid'),
          `limits: { connectSeconds: ${CONNECT_SECONDS} }`,
          '',
        ].join('\n'),
      }),
    )
  })
  after(() => resources.disposeAsync())

  /** A signed request that the test can break. */
  const send = async (change: {
    params?: Record<string, string>
    secret?: string
    time?: number
    nonce?: string
    edit?: (query: string) => string
    method?: 'GET' | 'POST'
  }) => {
    const {
      params = {},
      secret = server.accessKey.AccessKeySecret,
      time = Date.now(),
      nonce = randomUUID(),
      method = 'GET',
    } = change
    const signed = signedParametersV1(
      { Action: 'GetDBListFromAgent', Version: DBS, ...params },
      { accessKeyId: server.accessKey.AccessKeyId, secret },
      { method, time, nonce },
    )
    const query = (change.edit ?? ((text: string) => text))(encodeParameters(signed))
    const response =
      method === 'GET'
        ? await fetch(`${server.url}/?${query}`)
        : await fetch(server.url, {
            method,
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
            body: query,
          })
    return { status: response.status, body: shape(await response.json()) }
  }

  const REQUESTS: readonly [title: string, change: Parameters<typeof send>[0], status: number, code: string][] = [
    ['row 8: a wrong secret', { secret: 'wrong' }, 400, 'SignatureDoesNotMatch'],
    ['row 6: an old timestamp', { time: Date.now() - 16 * 60_000 }, 400, 'InvalidTimeStamp.Expired'],
    ['row 6: a timestamp of tomorrow', { time: Date.now() + 24 * 3600_000 }, 400, 'InvalidTimeStamp.Expired'],
    ['row 6: a timestamp that is none', { params: { Timestamp: 'yesterday' } }, 400, 'InvalidTimeStamp.Format'],
    ['row 14: no TaskId', {}, 400, 'MissingTaskId'],
    ['row 10: a TaskId that is none', { params: { TaskId: 'abc' } }, 400, 'InvalidTaskId'],
    ['row 14: an unknown task', { params: { TaskId: '123456789012345' } }, 404, 'Task.NotFound'],
    ['row 2: an unknown action', { params: { Action: 'Nonsense' } }, 404, 'InvalidAction.NotFound'],
    ['row 2: an unknown version', { params: { Version: '1999-01-01' } }, 400, 'InvalidVersion'],
    ['row 9: a query of 100 KiB', { params: { Padding: 'x'.repeat(100 * 1024) } }, 413, 'RequestTooLarge'],
    ['row 9: a broken form', { edit: (text) => `${text}&Broken=%zz`, method: 'POST' }, 400, 'InvalidParameter'],
    ['row 1: the same name twice', { edit: (text) => `${text}&Format=XML` }, 400, 'InvalidParameter'],
  ]
  for (const [title, change, status, code] of REQUESTS) {
    test(`${title} is ${code}`, async () => {
      const answer = await send(change)
      assert.equal(answer.body['Code'], code, JSON.stringify(answer.body))
      assert.equal(answer.status, status)
      assert.equal(answer.body['ErrCode'], code)
      assert.equal(answer.body['HttpStatusCode'], status)
      assert.equal(answer.body['Success'], false)
    })
  }

  test('row 7: a replayed nonce is refused, also after a restart', async () => {
    const nonce = randomUUID()
    const read = { params: { TaskId: '123456789012345' }, nonce }
    assert.equal((await send(read)).body['Code'], 'Task.NotFound')
    assert.equal((await send(read)).body['Code'], 'SignatureNonceUsed')
    const write = {
      params: { Action: 'CreateGetDBListFromAgentTask', BackupGatewayId: gateway.id, DatabaseType: 'MariaDB' },
      nonce: randomUUID(),
    }
    assert.equal((await send(write)).status, 200)
    assert.equal((await send(write)).body['Code'], 'SignatureNonceUsed')
    await server.process().kill()
    await server.start()
    assert.equal((await send(read)).body['Code'], 'SignatureNonceUsed')
    assert.equal((await send(write)).body['Code'], 'SignatureNonceUsed')
  })

  const CREATES: readonly [title: string, params: Record<string, string>, status: number, code: string][] = [
    ['row 13: an unknown gateway', { BackupGatewayId: '123456789012345' }, 404, 'BackupGateway.NotFound'],
    ['row 10: a gateway that is no number', { BackupGatewayId: 'x' }, 400, 'InvalidBackupGatewayId'],
    ['row 11: an unknown engine', { DatabaseType: 'dBASE' }, 400, 'InvalidDatabaseType'],
    ['row 11: a port of 70000', { SourceEndpointPort: '70000' }, 400, 'InvalidSourceEndpointPort'],
    ['row 11: another region', { SourceEndpointRegion: 'elsewhere' }, 400, 'InvalidSourceEndpointRegion'],
    ['row 11: a deadline of 0 s', { ExecutionTimeoutSeconds: '0' }, 400, 'InvalidExecutionTimeoutSeconds'],
    ['row 20: a token of 65 characters', { ClientToken: 'x'.repeat(65) }, 400, 'InvalidClientToken.ValueNotSupported'],
  ]
  for (const [title, params, status, code] of CREATES) {
    test(`${title} is ${code}`, async () => {
      const answer = await server.call('CreateGetDBListFromAgentTask', {
        BackupGatewayId: gateway.id,
        DatabaseType: 'MariaDB',
        SourceEndpointIP: '127.0.0.1',
        ...params,
      })
      assert.equal(answer.body['Code'], code, JSON.stringify(answer.body))
      assert.equal(answer.status, status)
      shape(answer.body)
    })
  }

  const TASKS: readonly [title: string, port: () => number, host: string, code: string, message: RegExp][] = [
    ['a wrong password', () => databasePort, '127.0.0.1', 'Database.AuthenticationFailed', /lister/],
    ['a refused port', () => refusedPort, '127.0.0.1', 'Endpoint.ConnectionRefused', /connect/],
    ['a port that never answers', () => silent.port, '127.0.0.1', 'Endpoint.ConnectTimedOut', /ms|s/],
    ['a port where something else answers', () => http.port, '127.0.0.1', 'Endpoint.WrongProtocol', /HTTP/],
    ['an address that is not configured', () => databasePort, '127.0.0.2', 'Endpoint.NotAllowed', /gateway\.yaml/],
    [
      'a name that cannot be resolved or is loopback',
      () => databasePort,
      loopbackName ?? 'no-such-name.invalid',
      loopbackName ? 'Endpoint.NotAllowed' : 'Endpoint.NameNotResolved',
      /::1|127\.|no-such-name/,
    ],
  ]
  for (const [title, port, host, code, message] of TASKS) {
    test(`row 24: ${title} is ${code}`, async () => {
      const began = performance.now()
      const { answer } = await listDatabases(server, {
        BackupGatewayId: gateway.id,
        DatabaseType: 'MariaDB',
        SourceEndpointIP: host,
        SourceEndpointPort: String(port()),
      })
      assert.equal(answer.body['Code'], code, JSON.stringify(answer.body))
      assert.equal(answer.status, 400)
      assert.match(String(answer.body['Message']), message)
      assert.ok(!String(answer.body['Message']).includes('wrong'), 'no password in a message')
      shape(answer.body)
      assert.ok(performance.now() - began < 5 * CONNECT_SECONDS * 1000, 'nothing hangs longer than its deadline')
    })
  }

  test('row 30: a CIDR endpoint without TLS is refused when the gateway starts', async () => {
    await using folder = await tempFolder()
    const config = 'endpoints:\n  - engine: MariaDB\n    host: 10.0.0.0/24\n    user: u\n    tls: { mode: off }\n'
    const refused = await startGateway(server, folder.path, { config, name: 'cidr' }).then(
      () => assert.fail('it must not start'),
      (error: unknown) => String(error),
    )
    assert.match(refused, /cidr\.yaml:5:\d+: /)
  })
})
