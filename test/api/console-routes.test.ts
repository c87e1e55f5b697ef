import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { fastify } from 'fastify'
import { addConsoleRoutes } from '../../src/api/console-routes.ts'
import { PLAIN_ROUTER } from '../../src/api/plain-router.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { runApi } from './running-api.ts'

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
const MAX_FIRST_JS = 250 * 1024

/** As it is sent: a client of ours would unpack it, follow it and mend its path. */
function get(
  port: number,
  path: string,
  { method = 'GET', ...headers }: OutgoingHttpHeaders & { method?: string } = {},
) {
  return new Promise<{ status: number; headers: IncomingHttpHeaders; bytes: Buffer; body: string }>(
    (resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, path, headers, method, agent: false, timeout: 10_000 })
      sent.once('error', reject)
      sent.once('response', (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.once('end', () => {
          const bytes = Buffer.concat(parts)
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            bytes,
            body: bytes.toString('utf8'),
          })
        })
      })
      sent.end()
    },
  )
}

test('the built console: every page of it, each with its policy, small and kept as it may be', async () => {
  await using api = await runApi()
  const index = await get(api.port, '/console/')
  assert.equal(index.status, 200)
  assert.equal(index.headers['content-security-policy'], POLICY)
  assert.equal(index.headers['x-content-type-options'], 'nosniff')
  assert.equal(index.headers['referrer-policy'], 'no-referrer')
  assert.equal(index.headers['cross-origin-opener-policy'], 'same-origin')
  assert.equal(index.headers['cache-control'], 'no-cache')
  assert.equal(index.headers['content-type'], 'text/html;charset=utf-8')
  assert.doesNotMatch(
    index.body,
    /<script(?![^>]* src=)|<style| on\w+=|javascript:|https?:\/\//i,
    'nothing inline, nothing foreign',
  )
  const kept = await get(api.port, '/console/', { 'if-none-match': index.headers['etag'] ?? '' })
  assert.deepEqual([kept.status, kept.body], [304, ''])

  for (const path of ['/console/tasks/7', '/console/errors/InvalidParameter.Format', '/console/nothing?x=index.js']) {
    const page = await get(api.port, path)
    assert.deepEqual([page.status, page.body], [200, index.body], path)
  }
  for (const path of ['/console/assets/none.js', '/console/none.css', '/console/assets/', '/console/.sources.txt']) {
    const none = await get(api.port, path)
    assert.deepEqual([none.status, none.headers['content-security-policy']], [404, POLICY], path)
  }
  const moved = await get(api.port, '/console')
  assert.deepEqual([moved.status, moved.headers['location']], [308, '/console/'])
  const post = await get(api.port, '/console/', { method: 'POST', 'content-length': 0 })
  assert.equal(post.status, 404)
})

test('the scripts of the first page have at most 250 KB, compressed at the build, and are kept for good', async () => {
  await using api = await runApi()
  const index = (await get(api.port, '/console/')).body
  const [script = ''] = index.match(/\/console\/assets\/[^"]+\.js/) ?? []
  const plain = await get(api.port, script)
  assert.equal(plain.headers['content-type'], 'text/javascript;charset=utf-8')
  assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable')
  assert.equal(plain.headers['vary'], 'accept-encoding')
  assert.equal(plain.headers['content-encoding'], undefined)
  for (const [accepted, encoding, unpack] of [
    ['gzip, deflate, br', 'br', brotliDecompressSync],
    ['gzip;q=0.5, br;q=0', 'gzip', gunzipSync],
  ] as const) {
    const { headers, bytes } = await get(api.port, script, { 'accept-encoding': accepted })
    assert.equal(headers['content-encoding'], encoding)
    assert.deepEqual(unpack(bytes), plain.bytes)
    assert.ok(bytes.length <= MAX_FIRST_JS, `${bytes.length} bytes of ${encoding}`)
    const head = await get(api.port, script, { method: 'HEAD', 'accept-encoding': accepted })
    assert.deepEqual([head.headers['content-length'], head.bytes.length], [String(bytes.length), 0])
  }
})

test('where it is not built the answer says how to build it, and it is there as soon as it is', async (t) => {
  await using folder = await tempFolder('console')
  const place = join(folder.path, 'built')
  const app = fastify(PLAIN_ROUTER)
  t.after(() => app.close())
  addConsoleRoutes(app, place)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const missing = await fetch(`${url}/console/`)
  assert.equal(missing.status, 503)
  assert.match(await missing.text(), /^The console is not built\.\n[^]*npm run build\n/)
  await mkdir(place)
  await writeFile(join(place, 'index.html'), '<p>built')
  await writeFile(join(folder.path, 'secret.txt'), 'not to be read')
  assert.equal(await (await fetch(`${url}/console/`)).text(), '<p>built')
  const { port } = new URL(url)
  for (const path of ['/console/../secret.txt', '/console/%2e%2e%2fsecret.txt', '/console/..%2Fsecret.txt']) {
    const answer = await get(Number(port), path)
    assert.doesNotMatch(answer.body, /not to be read/, path)
    assert.equal(answer.status, 404, path)
  }
})
