import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { collectingLog } from './collecting-log.ts'
import { runApi, send } from './running-api.ts'
import { eventually } from '../fixtures/eventually.ts'

const CLOSE = { headers: { connection: 'close' } }
async function text(url: string, init: RequestInit = CLOSE) {
  const response = await fetch(url, init)
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() }
}

test('the process is alive, and ready when it says so', async () => {
  let why: string | undefined = 'the store is being migrated'
  await using api = await runApi({ notReady: () => why })
  assert.deepEqual(await text(`${api.url}/healthz`), { status: 200, type: 'text/plain;charset=utf-8', body: 'alive\n' })
  assert.deepEqual(
    [(await text(`${api.url}/readyz`)).status, (await text(`${api.url}/readyz`)).body],
    [503, `${why}\n`],
  )
  why = undefined
  assert.equal((await text(`${api.url}/readyz`)).status, 200)
  assert.deepEqual(await text(`${api.url}/healthz`, { method: 'HEAD', ...CLOSE }), {
    status: 200,
    type: 'text/plain;charset=utf-8',
    body: '',
  })
})

test('row 29: a draining server is not ready, still serves, and ends connections with their answer', async () => {
  await using api = await runApi()
  api.server.drain()
  const ready = await text(`${api.url}/readyz`)
  assert.deepEqual([ready.status, ready.body], [503, 'draining\n'])
  // A call of the API, what the router answers, and what it cannot read.
  for (const [path, status] of [
    ['/', 400],
    ['/healthz', 200],
    ['/%c3%28', 400],
  ] as const) {
    const response = await fetch(`${api.url}${path}`)
    assert.deepEqual([response.headers.get('connection'), response.status], ['close', status], path)
    await response.text()
  }
  assert.equal((await api.call('DescribeBackupGatewayList')).status, 200)
})

test('an error code has a page, an unknown one has none', async () => {
  await using api = await runApi()
  const page = await text(`${api.url}/errors/BackupGateway.NotFound?requestId=X`)
  assert.deepEqual([page.status, page.type], [200, 'text/plain;charset=utf-8'])
  assert.match(page.body, /^BackupGateway\.NotFound \(HTTP 404\)\n/)
  assert.equal((await text(`${api.url}/errors/MissingTaskId`)).status, 200)
  for (const code of ['Nothing', 'x'.repeat(90), '%3Cscript%3E']) {
    const answer = await text(`${api.url}/errors/${code}`)
    assert.deepEqual([answer.status, answer.body], [404, 'There is no such error code.\n'])
  }
})

test('the link in an error leads to the page of the console about its code', async () => {
  await using api = await runApi()
  const { body } = await send(`${api.url}/?Action=x`)
  const { origin, pathname, search } = new URL(String(body['Recommend']))
  assert.equal(origin, 'https://postern.example:8443')
  assert.equal(pathname, `/console/errors/${String(body['Code'])}`)
  assert.equal(search, `?requestId=${String(body['RequestId'])}`)
})

test('the links of older versions: a browser is sent to the console, others get the text', async () => {
  await using api = await runApi({ publicUrl: 'https://postern.example:8443/base/' })
  const old = `${api.url}/errors/BackupGateway.NotFound?requestId=X`
  const browser = { connection: 'close', accept: 'text/html,application/xhtml+xml,*/*;q=0.8', host: 'evil.example' }
  const sent = await fetch(old, { headers: browser, redirect: 'manual' })
  assert.deepEqual(
    [sent.status, sent.headers.get('location'), sent.headers.get('vary')],
    [302, 'https://postern.example:8443/base/console/errors/BackupGateway.NotFound?requestId=X', 'accept'],
  )
  for (const accept of ['*/*', 'application/json', 'text/plain']) {
    const answer = await text(old, { headers: { connection: 'close', accept } })
    assert.deepEqual([answer.status, answer.type], [200, 'text/plain;charset=utf-8'], accept)
  }
  const unknown = await fetch(`${api.url}/errors/%2F%2Fevil.example`, { headers: browser, redirect: 'manual' })
  assert.equal(unknown.status, 404)
})

async function addressLogged(trustProxy: readonly string[] | undefined, forwarded: string) {
  const { log, lines } = collectingLog()
  await using api = await runApi({ log, ...(trustProxy !== undefined && { trustProxy }) })
  await send(`${api.url}/`, { headers: { 'x-forwarded-for': forwarded } })
  return /"address":"([^"]*)"/.exec(lines().find((line) => line.includes('"refused"')) ?? '')?.[1]
}

test('row 35: forwarded headers count from trusted proxies only, and then their right-most hop that is not trusted', async () => {
  assert.equal(await addressLogged(undefined, '203.0.113.9'), '127.0.0.1')
  assert.equal(await addressLogged(['10.0.0.0/8'], '203.0.113.9'), '127.0.0.1')
  assert.equal(await addressLogged(['127.0.0.0/8'], '203.0.113.9'), '203.0.113.9')
  assert.equal(await addressLogged(['127.0.0.0/8'], '6.6.6.6, 203.0.113.9'), '203.0.113.9')
  assert.equal(
    await addressLogged(['127.0.0.0/8', '198.51.100.0/24'], '6.6.6.6, 203.0.113.9, 198.51.100.4'),
    '203.0.113.9',
  )
  assert.equal(await addressLogged(['127.0.0.0/8'], '<script>'), '127.0.0.1')
})

test('every answer on / is told to the metrics', async () => {
  const told: unknown[] = []
  await using api = await runApi({ onAnswer: ({ action, code, ms }) => told.push([action, code, ms >= 0]) })
  await api.call('DescribeBackupGatewayList')
  await api.call('GetDBListFromAgent')
  await send(`${api.url}/`)
  assert.deepEqual(told, [
    ['DescribeBackupGatewayList', undefined, true],
    ['GetDBListFromAgent', 'MissingTaskId', true],
    [undefined, 'MissingAction', true],
  ])
})

test('a port that is taken is an error of listen', async () => {
  await using api = await runApi()
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  try {
    const address = taken.address()
    assert.ok(address !== null && typeof address !== 'string')
    await api.server.close(100)
    await assert.rejects(api.server.listen('127.0.0.1', address.port), { code: 'EADDRINUSE' })
  } finally {
    taken.close()
  }
})

test('a caller that has gone ends its wait', async () => {
  await using api = await runApi()
  const gateway = String(await api.addGateway())
  const { body } = await api.call('CreateGetDBListFromAgentTask', { BackupGatewayId: gateway, DatabaseType: 'MySQL' })
  const began = Date.now()
  const gone = new AbortController()
  const waiting = api.call(
    'GetDBListFromAgent',
    { TaskId: String(body['TaskId']), WaitSeconds: '25' },
    { signal: gone.signal },
  )
  await eventually('the number of requests in work changes', () => api.server.running > 0)
  gone.abort()
  await assert.rejects(waiting)
  await eventually('the number of requests in work changes', () => api.server.running === 0)
  assert.ok(Date.now() - began < 10_000)
})
