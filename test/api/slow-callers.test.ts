import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { createServer } from '../../src/api/http-server.ts'
import { silentLog } from '../../src/base/log.ts'
import { eventually } from '../fixtures/eventually.ts'
import { runApi, type RunningApi } from './running-api.ts'

const DEADLINES = { headersMs: 600, requestMs: 900, checkMs: 100, unreadMs: 300 }
const MANY = 200
/** For a signed request of somebody else, on a machine that is busy. */
const QUICK_MS = 2_000

/** Connections that go away with the test. */
class Callers extends DisposableStack {
  readonly sockets: Socket[] = []

  open(port: number, bytes = ''): Socket {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    this.defer(() => void socket.destroy())
    this.sockets.push(socket)
    if (bytes !== '') socket.write(bytes)
    return socket
  }
}

async function answersQuickly(api: RunningApi): Promise<void> {
  const began = performance.now()
  const { status } = await api.call('DescribeBackupGatewayList')
  assert.equal(status, 200)
  assert.ok(performance.now() - began < QUICK_MS, `${performance.now() - began} ms`)
}

const openOnes = (api: RunningApi) =>
  new Promise<number>((resolve, reject) => {
    api.server.httpServer.getConnections((error, count) => (error ? reject(error) : resolve(count)))
  })

for (const [what, begin, more] of [
  ['headers', 'GET / HTTP/1.1\r\nhost: x\r\n', 'x: y\r\n'],
  ['a body', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n\r\na', 'b'],
] as const) {
  test(`row 9: callers that send ${what} byte by byte hold up nobody, and get an answer of our shape`, async () => {
    await using api = await runApi({ deadlines: DEADLINES })
    using callers = new Callers()
    const text = new Map<Socket, string>()
    for (let i = 0; i < MANY; i++) {
      const socket = callers.open(api.port, begin)
      socket.on('data', (chunk) => void text.set(socket, (text.get(socket) ?? '') + String(chunk)))
    }
    const drip = setInterval(() => {
      for (const socket of callers.sockets) if (socket.writable) socket.write(more)
    }, 50)
    callers.defer(() => clearInterval(drip))
    await eventually('all are there', async () => (await openOnes(api)) >= MANY)
    await answersQuickly(api)
    await eventually('all are cut', async () => (await openOnes(api)) === 0)
    const [answer = ''] = text.values()
    assert.match(answer, /^HTTP\/1\.1 400 [^]*"Code":"InvalidParameter"[^]*did not arrive whole in time/)
    await answersQuickly(api)
  })
}

test('an answer that its caller does not read is cut after a deadline, and one that is read slowly is not', async () => {
  const body = Buffer.alloc(24 * 1024 * 1024, 'x')
  const deadlines = { ...DEADLINES, unreadMs: 200 }
  const server = createServer((_request, response) => response.end(body), { log: silentLog(), deadlines })
  await using opened = new AsyncDisposableStack()
  opened.defer(() => new Promise<void>((resolve) => void server.close(() => resolve())))
  using callers = new Callers()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0

  const began = performance.now()
  const deaf = callers.open(port, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n').pause()
  const connection = await new Promise<Socket>((resolve) => void server.once('connection', resolve))
  const listener = callers.open(port, 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  let read = 0
  listener.on('data', (chunk) => {
    read += chunk.length
    listener.pause()
    setImmediate(() => listener.resume())
  })
  await Promise.all([once(connection, 'close'), once(listener, 'end')])
  assert.ok(read > body.length)
  assert.ok(performance.now() - began < 8_000)
  // Now it reads: the rest is gone.
  let got = 0
  deaf.on('data', (chunk) => (got += chunk.length)).resume()
  await once(deaf, 'close')
  assert.ok(got < body.length, `${got} bytes`)
})

test('connections of one address are limited, those of a proxy are not, and closed ones make room', async () => {
  await using api = await runApi({ connectionsPerAddress: 5 })
  using callers = new Callers()
  for (let i = 0; i < 5; i++) await once(callers.open(api.port), 'connect')
  await eventually('they are counted', async () => (await openOnes(api)) === 5)
  const sixth = callers.open(api.port)
  await once(sixth, 'close')
  // Another address of the same machine.
  const other = connect({ port: api.port, host: '127.0.0.1', localAddress: '127.0.0.2' })
  callers.defer(() => void other.destroy())
  other.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n')
  assert.match(String(await once(other, 'data')), /^HTTP\/1\.1 200 /)
  callers.sockets[0]?.destroy()
  await eventually('there is room again', async () => (await openOnes(api)) === 5)
  await answersQuickly(api)

  await using proxied = await runApi({ connectionsPerAddress: 1, trustProxy: ['127.0.0.1'] })
  for (let i = 0; i < 10; i++) callers.open(proxied.port)
  await eventually('all are there', async () => (await openOnes(proxied)) === 10)
  await answersQuickly(proxied)
})
