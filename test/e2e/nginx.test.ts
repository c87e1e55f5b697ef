import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import RPCClient from '@alicloud/pop-core'
import { z } from 'zod'
import { codeBlocks } from '../docs/code-blocks.ts'
import { makeAuthority } from '../fixtures/certificates.ts'
import { freePort } from '../fixtures/free-port.ts'
import { startServer } from '../fixtures/postern.ts'
import { postern, startPostern } from '../fixtures/process.ts'
import { startServerProcess } from '../fixtures/server-process.ts'
import { startSilentServer } from '../fixtures/silent-server.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const nginx = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  .map((folder) => join(folder, 'nginx'))
  .find((program) => existsSync(program))
const skip = nginx === undefined && 'nginx is not on this machine (Debian: nginx-light)'

const PAGE = readFileSync(new URL('../../docs/guide/networks.md', import.meta.url), 'utf8')
/** The client dials from 127.0.0.1; nginx dials the server from here, so that the two can be told apart. */
const PROXY_ADDRESS = '127.0.0.9'

/** The page's site in an nginx of this test alone. */
async function startNginx(program: string, site: { serverUrl: string; port: number; names: readonly string[] }) {
  const folder = await mkdtemp(join(tmpdir(), 'postern-nginx-'))
  const file = (name: string) => join(folder, name)
  const authority = makeAuthority()
  const { certificate, key } = authority.issue(site.names)
  await writeFile(file('crt'), certificate)
  await writeFile(file('key'), key, { mode: 0o600 })
  await mkdir(file('temp'))
  const block = codeBlocks(PAGE).find(({ language }) => language === 'nginx')?.text ?? ''
  const server = block
    .replace('listen 443 ssl', `listen 127.0.0.1:${site.port} ssl`)
    .replace('/etc/nginx/postern.crt', file('crt'))
    .replace('/etc/nginx/postern.key', file('key'))
    .replace('proxy_pass http://127.0.0.1:7070;', `proxy_pass ${site.serverUrl}; proxy_bind ${PROXY_ADDRESS};`)
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (of) => `${of}_temp_path ${file('temp')}/${of};`,
  )
  const configuration = [
    'daemon off; master_process off; worker_processes 1;',
    `pid ${file('pid')}; error_log ${file('error.log')} warn;`,
    'events { worker_connections 64; }',
    `http { access_log off; ${temp.join(' ')}\n${server}}`,
  ]
  await writeFile(file('nginx.conf'), `${configuration.join('\n')}\n`)
  const args = ['-p', folder, '-e', file('error.log'), '-c', file('nginx.conf')]
  const running = await startServerProcess({ program, args, folder, stopSignal: 'SIGTERM' })
  await running.ready(() => reachable(site.port))
  return { ca: authority.certificate, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() }
}

const reachable = (port: number) =>
  new Promise<void>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve()
    }).on('error', reject)
  })

test('row 35: behind a real nginx the client and the gateway work, and the caller is who dialled nginx', {
  skip,
}, async () => {
  await using folder = await tempFolder()
  const args = ['--behind-proxy', `${PROXY_ADDRESS}/32`, '--log-level', 'debug']
  await using server = await startServer(folder.path, { args })
  const port = await freePort()
  await using proxy = await startNginx(nginx ?? '', { serverUrl: server.url, port, names: ['127.0.0.1'] })
  const url = `https://127.0.0.1:${port}`
  const caFile = join(folder.path, 'ca.pem')
  await writeFile(caFile, proxy.ca)

  const connection = ['--endpoint', url, '--key-file', server.keyFile, '--ca-file', caFile]
  const token = await postern(['gateway', 'token', ...connection])
  assert.equal(token.code, 0, token.stderr)
  const data = join(folder.path, 'gateway')
  const trusted = ['--data', data, '--ca-file', caFile]
  const enrolled = await postern(['gateway', 'enroll', '--server', url, ...trusted], {
    env: { POSTERN_ENROLLMENT_TOKEN: token.stdout.trim() },
  })
  assert.equal(enrolled.code, 0, enrolled.stderr)
  assert.equal(addressIn(await server.process().line('"msg":"gateway enrolled"')), '127.0.0.1')

  await using database = await startSilentServer((socket) => socket.end('SSH-2.0-x\r\n'))
  const endpoint = `{ engine: MySQL, host: 127.0.0.1, port: ${database.port}, user: u, tls: { mode: off } }`
  await writeFile(join(folder.path, 'gateway.yaml'), `endpoints:\n  - ${endpoint}\n`)
  const config = join(folder.path, 'gateway.yaml')
  await using gateway = startPostern(['gateway', 'run', ...trusted, '--config', config])
  await gateway.line('"msg":"connected"')

  const { AccessKeyId: accessKeyId, AccessKeySecret: accessKeySecret } = server.accessKey
  const agent = new Agent({ ca: proxy.ca, keepAlive: false })
  const client = new RPCClient({
    accessKeyId,
    accessKeySecret,
    endpoint: url,
    apiVersion: '2019-03-06',
    opts: { agent },
  })
  const page = z
    .object({ Items: z.object({ BackupGateway: z.array(z.object({ BackupGatewayId: z.string() })) }) })
    .parse(await client.request('DescribeBackupGatewayList', {}, { method: 'POST' }))
  const BackupGatewayId = page.Items.BackupGateway[0]?.BackupGatewayId
  const where = {
    BackupGatewayId,
    DatabaseType: 'MySQL',
    SourceEndpointIP: '127.0.0.1',
    SourceEndpointPort: database.port,
  }
  const { TaskId } = z
    .object({ TaskId: z.number() })
    .parse(await client.request('CreateGetDBListFromAgentTask', where, { method: 'POST' }))
  // The answer has come over the gateway's WebSocket.
  await assert.rejects(client.request('GetDBListFromAgent', { TaskId, WaitSeconds: 20 }), {
    code: 'Endpoint.WrongProtocol',
  })
  const refused = await server.process().line('"code":"Endpoint.WrongProtocol"')
  assert.equal(addressIn(refused), '127.0.0.1')

  // What the caller claims stands left of what nginx saw.
  await getWith(url, { ca: proxy.ca, headers: { 'x-forwarded-for': '203.0.113.66' } })
  assert.equal(addressIn(await server.process().line('"code":"MissingAction"')), '127.0.0.1')
  assert.doesNotMatch(server.process().output(), /203\.0\.113\.66|"address":"127\.0\.0\.9"/)
})

const addressIn = (line: string) => z.object({ address: z.string() }).parse(JSON.parse(line)).address

function getWith(url: string, options: { ca: string; headers: Record<string, string> }): Promise<void> {
  return new Promise((resolve, reject) => {
    request(url, { ...options, agent: false }, (response) => response.resume().on('end', () => resolve()))
      .on('error', reject)
      .end()
  })
}
