import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { dial, LinkRefused } from '../../src/link/dial.ts'
import type { LinkOpened, ProvenGateway } from '../../src/link/doorkeeper.ts'
import { CLOSE, LINK_PATH, type Message } from '../../src/link/messages.ts'
import { proofPayload } from '../../src/link/payloads.ts'
import { toAttemptId, toEpoch, toServerId } from '../../src/model/ids.ts'
import { eventually } from '../fixtures/eventually.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { newSigningKey } from '../fixtures/signing-key.ts'
import { startSilentServer } from '../fixtures/silent-server.ts'
import { dialOptions, gatewayId, SERVER, startLinkHost } from './link-host.ts'

const attempt = toAttemptId('0'.repeat(32))

test('a gateway proves its key and both sides exchange messages', async () => {
  const key = newSigningKey()
  await using host = await startLinkHost({ keys: [key] })
  const connected = host.next()
  const received: Message<'run' | 'cancel' | 'received' | 'drain'>[] = []
  const got = Promise.withResolvers<void>()
  const link = await dial(
    dialOptions(host.url, [key], {
      onMessage: (message) => {
        received.push(message)
        got.resolve()
      },
    }),
  )
  const server = await connected
  const ready = Promise.withResolvers<string>()
  const trips = Promise.withResolvers<void>()
  let roundTrips = 0
  server.handle({
    onMessage: (message) => ready.resolve(message.type),
    onRoundTrip: () => {
      roundTrips++
      trips.resolve()
    },
  })
  link.send({ type: 'accepted', attempt, epoch: toEpoch(1) })
  assert.equal(await ready.promise, 'accepted')
  await trips.promise
  assert.ok(roundTrips >= 1, 'the proof itself is a round trip')
  assert.equal(link.epoch, 1)
  assert.ok(server.send({ type: 'cancel', attempt }))
  await got.promise
  assert.deepEqual(received, [{ type: 'cancel', attempt }])
  link.close()
  const end = await server.closed
  assert.equal(end.code, CLOSE.goingAway)
  assert.equal(server.send({ type: 'cancel', attempt }), false)
})

test('a server that takes the connection and never answers is left after 10 s', async () => {
  await using server = await startSilentServer()
  const clock = manualClock()
  const connected = server.connected()
  const dialled = dial(dialOptions(`http://127.0.0.1:${server.port}`, [newSigningKey()], { clock }))
  const refused = assert.rejects(dialled, /took the connection and did not answer within 10000 ms/)
  await connected
  await eventually('the wait for the answer has begun', () => clock.pending > 0)
  clock.advance(10_000)
  await refused
  assert.equal(clock.pending, 0)
})

test('an unknown key, an unknown gateway and a wrong signature are refused in the same words', async () => {
  const key = newSigningKey()
  const other = newSigningKey()
  await using host = await startLinkHost({ keys: [key] })
  const refusal = async (keys: Parameters<typeof dialOptions>[1], more = {}) => {
    const error = await dial(dialOptions(host.url, keys, more)).then(
      () => assert.fail('it must be refused'),
      (reason: unknown) => reason,
    )
    assert.ok(error instanceof LinkRefused)
    assert.equal(error.end.code, CLOSE.refused)
    return error.end.reason
  }
  const unknownKey = await refusal([other])
  const wrongSignature = await refusal([{ ...key, sign: (payload) => other.sign(payload) }])
  assert.equal(unknownKey, wrongSignature)
  assert.deepEqual(host.links, [])
})

test('an older key is tried where the server does not know the newer one', async () => {
  const older = newSigningKey()
  const newer = newSigningKey()
  await using host = await startLinkHost({ keys: [older] })
  const link = await dial(dialOptions(host.url, [newer, older]))
  assert.equal(link.key, older.fingerprint)
  link.close()
})

test('a gateway proves its key to its own server only', async () => {
  const key = newSigningKey()
  await using host = await startLinkHost({ keys: [key] })
  await assert.rejects(dial(dialOptions(host.url, [key], { server: toServerId('cd'.repeat(16)) })), /another server/)
  assert.deepEqual(host.links, [])
})

test('row 28: a gateway in conflict is told so', async () => {
  const key = newSigningKey()
  await using host = await startLinkHost({ keys: [key], opened: () => ({ kind: 'conflict', until: 0 }) })
  await assert.rejects(dial(dialOptions(host.url, [key])), (error) => {
    assert.ok(error instanceof LinkRefused)
    assert.equal(error.end.code, CLOSE.conflict)
    return true
  })
})

test('a gateway says its own address; one that says none or nonsense connects as well', async () => {
  const key = newSigningKey()
  const said: (string | undefined)[] = []
  const opened = ({ localAddress }: ProvenGateway): LinkOpened => {
    said.push(localAddress)
    return { kind: 'conflict', until: 0 }
  }
  await using host = await startLinkHost({ keys: [key], opened })
  await assert.rejects(dial(dialOptions(host.url, [key])), LinkRefused)
  for (const localAddress of [undefined, 'FE80:0::1%eth0', '::ffff:10.0.0.5', 'nowhere', '']) {
    const code = await raw(host.url, (socket) => {
      const about = { gateway: gatewayId(), instance: '0'.repeat(32), key: key.fingerprint }
      const rest = { version: '0', capabilities: [], hostname: 'x', localAddress }
      socket.send(JSON.stringify({ type: 'hello', protocol: { min: 1, max: 1 }, ...about, ...rest }))
      socket.once('message', (data: Buffer) => {
        const { nonce } = z.object({ nonce: z.string() }).parse(JSON.parse(data.toString('utf8')))
        const signature = key.sign(proofPayload({ server: SERVER, nonce, ...about, nextKey: undefined }))
        socket.send(JSON.stringify({ type: 'proof', signature: Buffer.from(signature).toString('base64') }))
      })
    })
    assert.equal(code, CLOSE.conflict)
  }
  assert.deepEqual(said, ['127.0.0.1', undefined, 'fe80::1', '10.0.0.5', undefined, undefined])
})

test('a browser page has no business at the link', async () => {
  await using host = await startLinkHost({ keys: [] })
  const status = await new Promise((resolve, reject) => {
    const call = request(`${host.url}${LINK_PATH}`, {
      headers: {
        upgrade: 'websocket',
        connection: 'Upgrade',
        origin: 'https://evil.example',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      },
    })
    call.on('response', (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    call.on('error', reject)
    call.end()
  })
  assert.equal(status, 403)
})

/** A connection that does not follow the handshake. */
async function raw(url: string, first: (socket: WebSocket) => void): Promise<number> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${LINK_PATH}`)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  const closed = new Promise<number>((resolve) => socket.once('close', (code: number) => resolve(code)))
  socket.on('error', () => {})
  first(socket)
  return closed
}

/** Three parts of a message, and not the last one. */
function sendNoEnd(socket: WebSocket): void {
  for (let part = 0; part < 3; part++) socket.send('x'.repeat(50_000), { fin: false })
}

test('before the proof a frame has at most 64 KiB, and nothing but the handshake', async () => {
  await using host = await startLinkHost({ keys: [] })
  const tooLarge = JSON.stringify({ type: 'hello', hostname: 'x'.repeat(70_000) })
  assert.equal(await raw(host.url, (socket) => socket.send(tooLarge)), 1006)
  assert.equal(await raw(host.url, (socket) => socket.send('not JSON')), CLOSE.protocol)
  assert.equal(await raw(host.url, (socket) => socket.send(Buffer.from([1, 2, 3]))), CLOSE.protocol)
  assert.equal(await raw(host.url, (socket) => socket.send('{"type":"accepted"}')), CLOSE.protocol)
  assert.equal(await raw(host.url, sendNoEnd), 1006, 'also of what never comes to its end')
  assert.deepEqual(host.links, [])
})

test('a frame over 1 MiB ends the connection', async () => {
  const key = newSigningKey()
  await using host = await startLinkHost({ keys: [key] })
  const link = await dial(dialOptions(host.url, [key]))
  assert.throws(() => link.send({ type: 'chunk', attempt, index: 0, data: 'x'.repeat(1024 * 1024) }), RangeError)
  link.close()
})

test('a gateway that speaks another protocol only is told which one the server speaks', async () => {
  await using host = await startLinkHost({ keys: [] })
  const hello = {
    type: 'hello',
    protocol: { min: 7, max: 9 },
    version: '9.0.0',
    capabilities: [],
    gateway: 100_000_000_000_001,
    instance: '0'.repeat(32),
    key: '0'.repeat(64),
    hostname: 'x',
  }
  assert.equal(await raw(host.url, (socket) => socket.send(JSON.stringify(hello))), CLOSE.tooOld)
})
