import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { z } from 'zod'
import { EXIT } from '../../src/cli/exit-code.ts'
import { freePort } from '../fixtures/free-port.ts'
import { startServer, type TestServer, waitForTask } from '../fixtures/postern.ts'
import { postern } from '../fixtures/process.ts'
import { connectScripted, enrollKey } from '../fixtures/scripted-gateway.ts'
import { newSigningKey } from '../fixtures/signing-key.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const NAMES = ['shop', 'crm_中文', 'we`ird"name']
type Change = (action: string, body: string) => string

/** A server that lies: it passes requests on and changes what is answered. */
async function startLiar(upstream: string, change: Change) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      const action = new URLSearchParams(body).get('Action') ?? ''
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      fetch(upstream, { method: 'POST', body, headers }).then(
        async (answer) => response.writeHead(answer.status).end(change(action, await answer.text())),
        () => response.destroy(),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const inResult = (edit: (result: Record<string, unknown>) => void): Change => {
  return (action, body) => {
    if (action !== 'GetSignedResult') return body
    const answer = z.looseObject({ Result: z.record(z.string(), z.unknown()) }).parse(JSON.parse(body))
    edit(answer.Result)
    return JSON.stringify(answer)
  }
}
const rename = (base64: unknown) =>
  Buffer.from(Buffer.from(z.string().parse(base64), 'base64').toString('utf8').replace('shop', 'shpo')).toString(
    'base64',
  )

describe('postern task verify', { concurrency: 2 }, () => {
  const resources = new AsyncDisposableStack()
  let server: TestServer
  let fingerprint: string
  let task: string
  let failed: string
  before(async () => {
    const folder = resources.use(await tempFolder('verify'))
    server = resources.use(await startServer(folder.path))
    const { identity, key } = await enrollKey(server.url, server.api)
    fingerprint = key.fingerprint
    const gateway = resources.use(await connectScripted({ url: server.url, identity, key }))
    gateway.ready()
    const create = async () => {
      const params = { BackupGatewayId: String(identity.gateway), DatabaseType: 'MySQL', SourceEndpointIP: '10.0.0.12' }
      const { body } = await server.call('CreateGetDBListFromAgentTask', params)
      return z.object({ TaskId: z.number() }).parse(body).TaskId
    }
    const id = await create()
    const run = await gateway.nextRun()
    gateway.accept(run)
    gateway.finish(run, NAMES)
    assert.equal((await waitForTask(server, id)).body['Success'], true)
    task = String(id)
    const second = await create()
    failed = String(second)
    await gateway.nextRun()
    await server.call('CancelTask', { TaskId: failed }, '2026-12-01')
  })
  after(() => resources.disposeAsync())

  const verify = (id: string, more: readonly string[] = [], endpoint = server.url) =>
    postern(['task', 'verify', id, '--endpoint', endpoint, '--key-file', server.keyFile, ...more])
  const known = () => ['--gateway-fingerprint', `sha256:${fingerprint}`]

  test('a true result verifies, also as JSON and under the other name of the command', async () => {
    const text = await verify(task, known())
    assert.equal(text.code, EXIT.done, text.stderr + text.stdout)
    assert.match(text.stdout, /^\d{15} \(MySQL at 10\.0\.0\.12:3306, gateway \d{15}\): verified\n/)
    assert.match(text.stdout, /^ok {2}content: 3 databases, visibility complete$/m)
    assert.equal(text.stderr, '')
    const args = ['tasks', 'verify', task, '--endpoint', server.url, '--key-file', server.keyFile]
    const json = await postern([...args, ...known(), '--output', 'json'])
    assert.equal(json.code, EXIT.done, json.stderr)
    const said = z
      .object({
        verified: z.boolean(),
        trust: z.string(),
        key: z.string(),
        checks: z.array(z.object({ ok: z.boolean() })),
      })
      .parse(JSON.parse(json.stdout))
    assert.deepEqual([said.verified, said.trust, said.key, said.checks.length], [true, 'gateway', fingerprint, 5])
  })

  test('without a fingerprint it is only as trustworthy as the server, and says so', async () => {
    const { code, stdout, stderr } = await verify(task)
    assert.equal(code, EXIT.done, stderr)
    assert.match(stdout, /^- {2}key: sha256:[0-9a-f]{64}, as the server says$/m)
    assert.match(stderr, /only as trustworthy as this server/)
  })

  test('another fingerprint, one that is none, a task without a result, no server', async () => {
    const wrong = await verify(task, ['--gateway-fingerprint', newSigningKey().fingerprint])
    assert.equal(wrong.code, EXIT.failed)
    assert.match(wrong.stderr, /^Not verified: key\.$/m)
    assert.match(wrong.stdout, /^WRONG {2}key: /m)
    assert.equal((await verify(task, ['--gateway-fingerprint', 'abc'])).code, EXIT.usage)
    const cancelled = await verify(failed, known())
    assert.equal(cancelled.code, EXIT.failed)
    assert.match(cancelled.stderr, /^Not verified: \d{15} is Cancelled, and no gateway signed how it ended\.$/m)
    assert.equal((await verify(task, known(), `http://127.0.0.1:${await freePort()}`)).code, EXIT.noConnection)
  })

  const LIES: readonly [string, RegExp, Change][] = [
    [
      'changes one name of the signed list',
      /^Not verified: digest, signature, shown\.$/m,
      inResult((result) => {
        const { Part } = z.object({ Part: z.array(z.string()) }).parse(result['Parts'])
        result['Parts'] = { Part: Part.map(rename) }
      }),
    ],
    [
      'shows another name than the signed one',
      /^Not verified: shown\.$/m,
      (action, body) => (action === 'GetDBListFromAgent' ? body.replace('shop', 'shpo') : body),
    ],
    [
      'leaves a name out',
      /^Not verified: shown\.$/m,
      (action, body) =>
        action === 'GetDBListFromAgent'
          ? body.replace('"shop"', '').replace(/\[,|,,|,\]/, (cut) => cut.replace(',', ''))
          : body,
    ],
    [
      'shows another state',
      /^Not verified: shown\.$/m,
      (action, body) => (action === 'GetTask' ? body.replace('"Succeeded"', '"Failed"') : body),
    ],
    [
      'tells another endpoint',
      /^Not verified: signature/m,
      inResult((result) => void (result['SourceEndpointIP'] = '10.0.0.13')),
    ],
    ['has no key', /^Not verified: key, signature\.$/m, inResult((result) => void delete result['SigningKey'])],
    [
      'answers something else',
      /^Not verified: what the server answers is not well formed\.$/m,
      inResult((result) => void (result['Outcome'] = 5)),
    ],
  ]
  for (const [what, said, change] of LIES) {
    test(`a server that ${what} is found`, async () => {
      await using liar = await startLiar(server.url, change)
      const { code, stderr, stdout } = await verify(task, known(), liar.url)
      assert.equal(code, EXIT.failed, stdout + stderr)
      assert.match(stderr, said)
    })
  }
})
