import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { test } from 'node:test'
import { createServer } from 'node:tls'
import { promisify } from 'node:util'
import { z } from 'zod'
import { EXIT } from '../../src/cli/exit-code.ts'
import { selfSignedCertificate } from '../../src/link/self-signed-certificate.ts'
import { section, shellCommands } from '../docs/code-blocks.ts'
import { makeSelfSigned } from '../fixtures/certificates.ts'
import { startConnectProxy } from '../fixtures/connect-proxy.ts'
import { freePort } from '../fixtures/free-port.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { postern, type Running, startPostern, watchProcess } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const PAGE = readFileSync(join(ROOT, 'docs/guide/networks.md'), 'utf8')
const PASSWORD = 'of-the-test'
const DAY_MS = 24 * 3600_000
/** Whatever this machine has set for itself is not of the test. */
const ENV = {
  HTTPS_PROXY: '',
  https_proxy: undefined,
  NO_PROXY: '',
  no_proxy: undefined,
  POSTERN_SERVER_FINGERPRINT: undefined,
}

async function selfSignedServer(folder: string, args: readonly string[] = []) {
  const port = await freePort()
  const data = join(folder, 'server')
  const given = ['--data', data, '--listen', `127.0.0.1:${port}`, '--drain-grace', '0', '--self-signed', ...args]
  const start = async () => {
    const running = startPostern(['server', ...given])
    const line = await running.line('"fingerprint"')
    await running.line('"msg":"listening"')
    return { running, fingerprint: z.object({ fingerprint: z.string() }).parse(JSON.parse(line)).fingerprint }
  }
  const url = `https://127.0.0.1:${port}`
  const connection = ['--endpoint', url, '--key-file', join(data, 'root-access-key.json')]
  return { port, data, url, start, connection, certFile: join(data, 'tls-cert.pem') }
}

const bash = (command: string) => ['-euo', 'pipefail', '-c', command]

const pinIn = async (gatewayData: string) =>
  z.object({ pin: z.string() }).parse(JSON.parse(await readFile(join(gatewayData, 'gateway.json'), 'utf8'))).pin

const skip = findMariadb() === undefined && 'MariaDB is not on this machine (Debian: mariadb-server)'

test('the commands of the page serve, enrol and list the databases of a real server', { skip }, async () => {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await tempFolder('self-signed')).path
  await symlink(join(ROOT, 'bin'), join(folder, 'bin'))
  const database = stack.use(await startMariadb())
  await database.query('CREATE DATABASE shop')
  await database.query(`CREATE USER postern@'127.0.0.1' IDENTIFIED BY '${PASSWORD}'`)
  await database.query("GRANT SHOW DATABASES ON *.* TO postern@'127.0.0.1'")
  const endpoint = `{ engine: MySQL, host: 127.0.0.1, port: ${database.port}, user: postern, password: ${PASSWORD}, tls: { mode: off } }`
  await writeFile(join(folder, 'gateway.yaml'), `endpoints:\n  - ${endpoint}\n`, { mode: 0o600 })

  const port = await freePort()
  const PATH = `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`
  const options = { cwd: folder, env: { ...process.env, ...ENV, PATH }, timeout: 60_000 }
  const run = async (command: string) => (await promisify(execFile)('bash', bash(command), options)).stdout
  const start = (command: string): Running =>
    stack.use(watchProcess(spawn('bash', bash(`exec ${command}`), { ...options, stdio: ['ignore', 'pipe', 'pipe'] })))
  const commands = shellCommands(section(PAGE, 'A server without an authority')).map((command) =>
    command.replaceAll(/0\.0\.0\.0:7443|127\.0\.0\.1:7443|postern\.example\.net:7443/g, `127.0.0.1:${port}`),
  )
  const [serve, token, enroll, runGateway, list, ...others] = commands
  assert.ok(serve && token && enroll && runGateway && list)
  assert.deepEqual(others, [])

  const server = start(serve)
  const said = await server.line('"fingerprint"')
  const { fingerprint } = z.object({ fingerprint: z.string() }).parse(JSON.parse(said))
  await server.line('"msg":"listening"')
  await run(token)
  assert.match(await readFile(join(folder, 'token.txt'), 'utf8'), /^postern-[\w-]{43}\.[\w-]{43}\n$/)
  await run(enroll)
  await start(runGateway).line('"msg":"connected"')
  const pinned = list.replace(/sha256:[\w-]{43}$/, fingerprint)
  assert.notEqual(pinned, list)
  const [id] = (await run(pinned)).match(/^\d{15}/m) ?? []
  const where = `--gateway ${id} --engine MySQL --host 127.0.0.1 --port ${database.port}`
  const listed = await run(pinned.replace('gateway list', `databases ${where}`))
  assert.match(listed, /^shop$/m)
  // The example on the page is of the right form, and of no server: it is refused.
  await assert.rejects(run(list), /is not the server that was pinned/)
})

test('a restart and a re-issue keep the pin; another key is refused before anything is sent', async () => {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await tempFolder('pin')).path
  const server = await selfSignedServer(folder)
  const { url, connection, certFile } = server
  const first = await server.start()
  stack.use(first.running)
  for (const name of ['tls-key.pem', 'tls-cert.pem']) {
    assert.equal((await stat(join(server.data, name))).mode & 0o777, 0o600, name)
  }
  const made = await readFile(certFile, 'utf8')
  const certificate = new X509Certificate(made)
  for (const address of ['127.0.0.1', '::1']) assert.ok(certificate.checkIP(address), address)
  assert.ok(certificate.checkHost('localhost'))

  const stranger = await postern(['gateway', 'list', ...connection], { env: ENV })
  assert.equal(stranger.code, EXIT.noConnection)
  assert.match(stranger.stderr, /self-signed certificate/)
  const pinned = [...connection, '--server-fingerprint', first.fingerprint]
  const newToken = async () => (await postern(['gateway', 'token', ...pinned], { env: ENV })).stdout.trim()
  const token = await newToken()
  const [secret = '', pin = ''] = token.split('.')
  assert.equal(first.fingerprint, `sha256:${pin}`)
  // Without its pin a token leads nowhere: the certificate is verified as ever.
  const gatewayData = join(folder, 'gateway')
  const enroll = ['gateway', 'enroll', '--server', url, '--data', gatewayData]
  const bare = await postern(enroll, { env: { ...ENV, POSTERN_ENROLLMENT_TOKEN: secret } })
  assert.match(bare.stderr, /self-signed certificate/)
  const cut = await postern(enroll, { env: { ...ENV, POSTERN_ENROLLMENT_TOKEN: token.slice(0, -5) } })
  assert.match(cut.stderr, /copy the whole token/)
  const enrolled = await postern(enroll, { env: { ...ENV, POSTERN_ENROLLMENT_TOKEN: token } })
  assert.equal(enrolled.code, EXIT.done, enrolled.stderr)
  assert.equal(await pinIn(gatewayData), pin)

  await writeFile(join(folder, 'gateway.yaml'), 'endpoints: []\n')
  const run = ['gateway', 'run', '--data', gatewayData, '--config', join(folder, 'gateway.yaml')]
  const gateway = stack.use(startPostern(run, { env: ENV }))
  await gateway.line('"msg":"connected"')

  await first.running.kill()
  const second = await server.start()
  stack.use(second.running)
  assert.equal(second.fingerprint, first.fingerprint)
  assert.equal(await readFile(certFile, 'utf8'), made)
  await gateway.line('"epoch":2')

  await second.running.kill()
  const key = createPrivateKey(await readFile(join(server.data, 'tls-key.pem'), 'utf8'))
  const [from, until] = [Date.now() - DAY_MS, Date.now() + 29 * DAY_MS]
  const names = ['localhost', '127.0.0.1', '::1']
  const ending = selfSignedCertificate({ key, commonName: 'localhost', names, from, until })
  await writeFile(certFile, ending)
  const third = await server.start()
  stack.use(third.running)
  assert.equal(third.fingerprint, first.fingerprint)
  const reissued = new X509Certificate(await readFile(certFile))
  assert.ok(Date.parse(reissued.validTo) > Date.now() + 700 * DAY_MS, reissued.validTo)
  await gateway.line('"epoch":3')
  const [byPin, byFile] = await Promise.all([
    postern(['gateway', 'list', ...pinned], { env: ENV }),
    postern(['gateway', 'list', ...connection, '--ca-file', certFile], { env: ENV }),
  ])
  assert.equal(byPin.code, EXIT.done, byPin.stderr)
  assert.equal(byFile.code, EXIT.done, byFile.stderr)

  const unused = await newToken()
  await third.running.kill()
  await using impostor = await startRecorder(server.port)
  await writeFile(join(folder, 'impostor.pem'), impostor.certificate)
  const said = await gateway.line('has another key than the pinned server')
  assert.match(said, new RegExp(`expected the key sha256:${pin}, seen sha256:`))
  const trusting = ['--ca-file', join(folder, 'impostor.pem')]
  const other = ['gateway', 'enroll', '--server', url, '--data', join(folder, 'other'), ...trusting]
  const [listed, inEnvironment, refused] = await Promise.all([
    postern(['gateway', 'list', ...pinned, ...trusting], { env: ENV }),
    postern(['gateway', 'list', ...connection], { env: { ...ENV, POSTERN_SERVER_FINGERPRINT: pin } }),
    postern(other, { env: { ...ENV, POSTERN_ENROLLMENT_TOKEN: unused } }),
  ])
  for (const { stderr } of [listed, inEnvironment, refused]) {
    assert.match(
      stderr,
      /is not the server that was pinned: .* Nothing was sent\. .*enrol again.*somebody is in between/,
    )
    assert.doesNotMatch(stderr, /Run the same command/)
  }
  assert.deepEqual([listed.code, inEnvironment.code, refused.code], [EXIT.noConnection, EXIT.noConnection, EXIT.failed])
  assert.ok(impostor.connections >= 4, `${impostor.connections} connections`)
  assert.equal(impostor.received, 0)
  // It would have recorded: who trusts its certificate and has no pin sends it a request.
  await postern(['gateway', 'list', ...connection, ...trusting], { env: ENV })
  assert.ok(impostor.received > 0)
})

test('a pinned server is reached through a proxy, whatever its name there', async () => {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await tempFolder('pin-proxy')).path
  const server = await selfSignedServer(folder)
  const { running, fingerprint } = await server.start()
  stack.use(running)
  const impostor = stack.use(await startRecorder())
  const routes = { 'postern.test:443': server.port, 'impostor.test:443': impostor.port }
  const proxy = stack.use(await startConnectProxy({ routes }))
  const env = { ...ENV, HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` }
  const through = (name: string) => [
    '--endpoint',
    `https://${name}`,
    '--key-file',
    join(server.data, 'root-access-key.json'),
    '--server-fingerprint',
    fingerprint,
  ]
  const token = await postern(['gateway', 'token', ...through('postern.test')], { env })
  assert.equal(token.code, EXIT.done, token.stderr)
  const withToken = { ...env, POSTERN_ENROLLMENT_TOKEN: token.stdout.trim() }
  const enrollAt = (name: string) => ['gateway', 'enroll', '--server', `https://${name}`, '--data', join(folder, name)]
  const [listed, refused] = await Promise.all([
    postern(['gateway', 'list', ...through('impostor.test')], { env }),
    postern(enrollAt('impostor.test'), { env: withToken }),
  ])
  for (const { stderr } of [listed, refused])
    assert.match(stderr, /impostor\.test:443 is not the server that was pinned/)
  const enrolled = await postern(enrollAt('postern.test'), { env: withToken })
  assert.equal(enrolled.code, EXIT.done, enrolled.stderr)
  await writeFile(join(folder, 'gateway.yaml'), 'endpoints: []\n')
  const run = ['gateway', 'run', '--data', join(folder, 'postern.test'), '--config', join(folder, 'gateway.yaml')]
  await stack.use(startPostern(run, { env })).line('"msg":"connected"')
  assert.deepEqual([...new Set(proxy.asked)].toSorted(), ['impostor.test:443', 'postern.test:443'])
  assert.deepEqual([impostor.connections, impostor.received], [2, 0])
})

test('what does not go together is refused, with what to do', async () => {
  await using folder = await tempFolder()
  const file = (name: string) => join(folder.path, name)
  const { certificate, key } = makeSelfSigned(['localhost'])
  await writeFile(file('cert.pem'), certificate)
  await writeFile(file('key.pem'), key, { mode: 0o600 })
  await writeFile(file('server.yaml'), 'selfSigned: true\n')
  const tls = ['--tls-cert', file('cert.pem'), '--tls-key', file('key.pem')]
  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [['--self-signed', ...tls], /^--self-signed makes a certificate.*leave out --self-signed/],
    [['--config', file('server.yaml'), ...tls], /^--self-signed makes a certificate.*leave out --self-signed/],
    [['--self-signed', '--behind-proxy', '10.0.0.0/8'], /meet the certificate of the proxy[^]*Leave out --self-signed/],
    [['--self-signed', '--public-url', 'http://a'], /begins with https:/],
  ]
  for (const [args, message] of refused) {
    const { code, stderr } = await postern(['server', '--data', file('data'), '--listen', '127.0.0.1:0', ...args])
    assert.equal(code, EXIT.usage)
    assert.match(stderr, message)
  }
  const where = ['--endpoint', 'http://127.0.0.1:9', '--key-file', file('access.json')]
  await writeFile(file('access.json'), '{"AccessKeyId":"a","AccessKeySecret":"b"}')
  const wrong = await postern(['gateway', 'list', ...where, '--server-fingerprint', 'sha256:abc'])
  assert.equal(wrong.code, EXIT.usage)
  assert.match(wrong.stderr, /^--server-fingerprint is not the SHA-256 of a public key/)
  const clear = await postern(['gateway', 'list', ...where, '--server-fingerprint', 'a'.repeat(64)])
  assert.equal(clear.code, EXIT.noConnection)
  assert.match(clear.stderr, /without TLS; use https/)
  await using server = startPostern([
    'server',
    '--data',
    file('data'),
    '--listen',
    '127.0.0.1:0',
    '--config',
    file('server.yaml'),
  ])
  await server.line('"fingerprint":"sha256:')
})

/** A TLS server with a key of its own, for whoever takes it for Postern; counts what it is sent, and answers nothing. */
async function startRecorder(port = 0) {
  const { certificate, key } = makeSelfSigned(['127.0.0.1', 'localhost', 'impostor.test'])
  let connections = 0
  let received = 0
  const server = createServer({ cert: certificate, key }, (socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes: Buffer) => {
      received += bytes.length
      socket.destroy()
    })
  })
  server.on('connection', () => connections++)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    certificate,
    port: address.port,
    get connections() {
      return connections
    },
    get received() {
      return received
    },
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
