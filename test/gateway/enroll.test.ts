import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { enroll } from '../../src/gateway/enroll.ts'
import { loadIdentity } from '../../src/gateway/identity.ts'
import { enrollRequest, type EnrollRequestBody } from '../../src/link/messages.ts'
import { scratchFolder } from './scratch-folder.ts'

type Answer = (response: ServerResponse, request: IncomingMessage) => void

interface EnrolmentServer {
  readonly url: string
  readonly seen: EnrollRequestBody[]
  answer: Answer
}

const REPLY = {
  gateway: 123_456_789_012_345,
  account: '1'.repeat(15),
  server: 'b'.repeat(32),
  region: 'eu',
  name: 'plant-7',
}
const json =
  (status: number, body: unknown): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }

async function enrolmentServer(context: TestContext): Promise<EnrolmentServer> {
  const seen: EnrollRequestBody[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      assert.equal(request.method, 'POST')
      assert.equal(request.url, '/link/enroll')
      seen.push(enrollRequest.parse(JSON.parse(Buffer.concat(chunks).toString('utf8'))))
      state.answer(response, request)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const state: EnrolmentServer = { url: `http://127.0.0.1:${address.port}`, seen, answer: json(200, REPLY) }
  return state
}

const asking = (serverUrl: string, folder: string, token = 'the-token') => ({
  serverUrl,
  token,
  folder,
  hostname: 'host-1',
  version: '0.1.0',
  signal: new AbortController().signal,
})

test('enrolment writes the identity and nothing else', async (t) => {
  const server = await enrolmentServer(t)
  const folder = await scratchFolder(t)
  const identity = await enroll(asking(`${server.url}/`, folder))
  assert.equal(identity.id, REPLY.gateway)
  assert.equal(identity.url, server.url)
  assert.deepEqual(await loadIdentity(folder), identity)
  assert.deepEqual(await readdir(folder), ['gateway.json'])
  const [seen] = server.seen
  assert.equal(seen?.hostname, 'host-1')
  assert.equal(Buffer.from(seen?.publicKey ?? '', 'base64').length, 32)
})

test('a lost answer costs nothing: the same token is sent again with the same key', async (t) => {
  const server = await enrolmentServer(t)
  const folder = await scratchFolder(t)
  server.answer = (response) => response.destroy()
  await assert.rejects(enroll(asking(server.url, folder)), {
    code: 'ServiceUnavailable',
    message: /gave no answer.*Run the same command with the same token again/,
  })
  const pending = join(folder, 'enrolling.json')
  assert.equal((await stat(pending)).mode & 0o777, 0o600)
  assert.doesNotMatch(await readFile(pending, 'utf8'), /the-token/)
  server.answer = json(200, REPLY)
  await enroll(asking(server.url, folder))
  assert.equal(server.seen[0]?.publicKey, server.seen[1]?.publicKey)
  assert.deepEqual(await readdir(folder), ['gateway.json'])
})

test('another token gets another key', async (t) => {
  const server = await enrolmentServer(t)
  const folder = await scratchFolder(t)
  server.answer = json(403, {
    Code: 'Enrollment.Refused',
    Message: 'The enrolment token is not valid.',
    RequestId: 'R-1',
  })
  await assert.rejects(enroll(asking(server.url, folder)), {
    code: 'Enrollment.Refused',
    message: /The enrolment token is not valid\. \(RequestId R-1\)/,
  })
  await assert.rejects(enroll(asking(server.url, folder, 'second')))
  assert.notEqual(server.seen[0]?.publicKey, server.seen[1]?.publicKey)
})

test('an identity is never overwritten', async (t) => {
  const server = await enrolmentServer(t)
  const folder = await scratchFolder(t)
  await enroll(asking(server.url, folder))
  await assert.rejects(enroll(asking(server.url, folder, 'second')), /is gateway 123456789012345 of http:.*already/)
  assert.equal(server.seen.length, 1)
})

test('a damaged file of an enrolment that was interrupted is started anew', async (t) => {
  const server = await enrolmentServer(t)
  const folder = await scratchFolder(t)
  await writeFile(join(folder, 'enrolling.json'), '{"key":', { mode: 0o600 })
  await enroll(asking(server.url, folder))
  assert.deepEqual(await readdir(folder), ['gateway.json'])
})

const STRANGE: Readonly<Record<string, readonly [Answer, string, RegExp]>> = {
  'an unknown error code': [
    json(400, { Code: 'Odd', Message: 'Odd it is.' }),
    'Enrollment.Refused',
    /answered Odd: Odd it is\.$/,
  ],
  'something else': [(response) => response.end('<html>'), 'ServiceUnavailable', /is not a Postern server: HTTP 200/],
  'a redirect': [
    (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    'ServiceUnavailable',
    /HTTP 302/,
  ],
  'an answer without end': [
    (response) => {
      response.writeHead(200)
      const more = () => response.write('x'.repeat(65_536), more)
      more()
    },
    'ServiceUnavailable',
    /too long|aborted|reset/i,
  ],
  'a reply that is not one': [json(200, { ...REPLY, gateway: 5 }), 'ServiceUnavailable', /not a Postern server/],
}

for (const [what, [answer, code, message]] of Object.entries(STRANGE)) {
  test(`${what} as an answer is ${code}`, async (t) => {
    const server = await enrolmentServer(t)
    const folder = await scratchFolder(t)
    server.answer = answer
    await assert.rejects(enroll(asking(server.url, folder)), { code, message })
    assert.deepEqual(await readdir(folder), ['enrolling.json'])
  })
}

test('a server that does not answer ends with the signal', async (t) => {
  const server = await enrolmentServer(t)
  const folder = await scratchFolder(t)
  const stop = new AbortController()
  server.answer = () => stop.abort()
  await assert.rejects(enroll({ ...asking(server.url, folder), signal: stop.signal }), {
    code: 'ServiceUnavailable',
    message: /it took too long/,
  })
})

for (const url of [
  'http://postern.example.net',
  'http://10.0.0.1:7070',
  'ftp://a',
  'nonsense',
  'https://a/path',
  'https://u:p@a',
]) {
  test(`${url} is not an address that a token is sent to`, async (t) => {
    const folder = await scratchFolder(t)
    await assert.rejects(enroll(asking(url, folder)), /use https|not the address of a server|leave out|must not hold/)
    assert.deepEqual(await readdir(folder), [])
  })
}
