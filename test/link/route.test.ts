import assert from 'node:assert/strict'
import { createServer } from 'node:https'
import type { LookupFunction } from 'node:net'
import { type TestContext, test } from 'node:test'
import { dial } from '../../src/link/dial.ts'
import { post } from '../../src/link/post.ts'
import type { Route } from '../../src/link/route.ts'
import { makeAuthority } from '../fixtures/certificates.ts'
import { type ConnectProxyOptions, startConnectProxy } from '../fixtures/connect-proxy.ts'
import { newSigningKey } from '../fixtures/signing-key.ts'
import { startSilentServer } from '../fixtures/silent-server.ts'
import { dialOptions, startLinkHost } from './link-host.ts'

const NAME = 'postern.test'
const authority = makeAuthority()

const at = (port: number) => `http://u:s3cret@127.0.0.1:${port}`

function certificateFor(name: string) {
  const { certificate, key } = authority.issue([name])
  return { cert: certificate, key }
}

/** A TLS server that the name of leads to nothing but for the proxy. */
async function world(t: TestContext, options: Partial<ConnectProxyOptions> = {}) {
  const server = createServer(certificateFor(NAME), (request, response) => {
    request.resume().on('end', () => response.end(`to ${request.headers.host}`))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const proxy = await startConnectProxy({ routes: { [`${NAME}:443`]: address.port }, ...options })
  t.after(() => proxy[Symbol.asyncDispose]())
  const send = (through: string, route: Partial<Route> = {}) =>
    post(new URL(`https://${NAME}`), {
      contentType: 'text/plain',
      body: 'x',
      maxReplyBytes: 1000,
      route: { proxies: { HTTPS_PROXY: through }, ca: [authority.certificate], ...route },
      signal: AbortSignal.timeout(10_000),
    })
  return { proxy, send }
}

for (const secure of [false, true]) {
  test(`a request goes through ${secure ? 'an https' : 'a'} proxy with its credentials`, async (t) => {
    const login = 'gate:s3cret'
    const { proxy, send } = await world(t, { login, ...(secure && { tls: authority.issue(['127.0.0.1']) }) })
    const scheme = secure ? 'https' : 'http'
    const reply = await send(`${scheme}://${login}@127.0.0.1:${proxy.port}`)
    assert.deepEqual(reply, { status: 200, text: `to ${NAME}` })
    assert.deepEqual(proxy.asked, [`${NAME}:443`])
    const [first] = proxy.first
    // 22: a TLS handshake. The proxy sees nothing but that.
    assert.equal(first?.[0], 22)

    await assert.rejects(send(`${scheme}://gate:wr0ng@127.0.0.1:${proxy.port}`), {
      message: `the proxy 127.0.0.1:${proxy.port} answered 407: user or password is missing or wrong`,
    })
  })
}

test('a proxy that refuses, knows no way, floods or is none is named', async (t) => {
  const refusing = await world(t, { behaviour: 'refuse' })
  await assert.rejects(refusing.send(at(refusing.proxy.port)), {
    message: `the proxy 127.0.0.1:${refusing.proxy.port} answered 403: it does not allow a connection to ${NAME}:443`,
  })
  const lost = await world(t, { routes: {} })
  await assert.rejects(lost.send(at(lost.proxy.port)), /answered 502: it gives no connection to postern\.test:443$/)
  const flooding = await world(t, { behaviour: 'flood' })
  await assert.rejects(flooding.send(at(flooding.proxy.port)), /the proxy .* cannot be used: .*overflow/i)
  await using talker = await startSilentServer((socket) => socket.end('SSH-2.0-x\r\n'))
  await assert.rejects(lost.send(at(talker.port)), (error) => {
    assert.ok(error instanceof Error)
    assert.match(error.message, /^the proxy 127\.0\.0\.1:\d+ cannot be used: /)
    assert.doesNotMatch(error.message, /s3cret/)
    return true
  })
})

test('a proxy, and a server behind one, that never answer end with the deadline', async (t) => {
  const hanging = await world(t, { behaviour: 'hang' })
  const address = `http://127.0.0.1:${hanging.proxy.port}`
  await assert.rejects(hanging.send(address, { connectMs: 200 }), {
    message: `the proxy 127.0.0.1:${hanging.proxy.port} gave no answer within 0.2 s`,
  })
  await using silent = await startSilentServer()
  const behind = await world(t, { routes: { [`${NAME}:443`]: silent.port } })
  await assert.rejects(behind.send(`http://127.0.0.1:${behind.proxy.port}`, { connectMs: 200 }), {
    message: `the server behind the proxy 127.0.0.1:${behind.proxy.port} gave no answer within 0.2 s`,
  })
})

test('a certificate of another authority or for another name is refused behind a proxy too', async (t) => {
  const { proxy, send } = await world(t)
  const other = createServer(certificateFor('other.test'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  t.after(() => other.close())
  const address = other.address()
  assert.ok(typeof address === 'object' && address !== null)
  const misled = await world(t, { routes: { [`${NAME}:443`]: address.port } })
  await assert.rejects(misled.send(`http://127.0.0.1:${misled.proxy.port}`), /does not match certificate/)
  await assert.rejects(send(`http://127.0.0.1:${proxy.port}`, { ca: [makeAuthority().certificate] }), /certificate/)
})

test('the name of the server is resolved anew for each connection', async () => {
  const key = newSigningKey()
  await using first = await startLinkHost({ keys: [key] })
  const asked: string[] = []
  // The second address listens on no port: it can be reached only where the name is asked for again.
  const answers = ['127.0.0.1', '127.0.0.99', '127.0.0.1']
  const lookup: LookupFunction = (name, options, done) => {
    const address = answers[asked.length] ?? ''
    asked.push(name)
    if (options.all === true) done(null, [{ address, family: 4 }])
    else done(null, address, 4)
  }
  const options = dialOptions(`http://${NAME}:${first.port}`, [key], { route: { lookup } })
  const link = await dial(options)
  link.close()
  await assert.rejects(dial(options), /ECONNREFUSED 127\.0\.0\.99/)
  const again = await dial(options)
  again.close()
  assert.deepEqual(asked, [NAME, NAME, NAME])
})
