import assert from 'node:assert/strict'
import { copyFile, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { z } from 'zod'
import { EXIT } from '../../src/cli/exit-code.ts'
import { section, shellCommands } from '../docs/code-blocks.ts'
import { makeAuthority } from '../fixtures/certificates.ts'
import { type ConnectProxyOptions, startConnectProxy } from '../fixtures/connect-proxy.ts'
import { freePort } from '../fixtures/free-port.ts'
import { postern, startPostern } from '../fixtures/process.ts'
import { startSilentServer } from '../fixtures/silent-server.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const PAGE = readFileSync(new URL('../../docs/guide/networks.md', import.meta.url), 'utf8')
const URL_OF_PAGE = 'https://postern.example.net'
/** Only the proxy knows where it is: RFC 6761 keeps the name out of every DNS. */
const SERVER = 'https://postern.test'
const LOGIN = 'plant:s3cret'

/** Whatever this machine has set for itself is not of the test. */
const NONE = { HTTPS_PROXY: '', https_proxy: undefined, NO_PROXY: '', no_proxy: undefined }

describe('a server that only a proxy can reach', { concurrency: true }, () => {
  const resources = new AsyncDisposableStack()
  let folder: string
  let port: number
  before(async () => {
    folder = resources.use(await tempFolder()).path
    const authority = makeAuthority()
    const certificate = authority.issue(['postern.test'])
    const file = (name: string) => join(folder, name)
    await writeFile(file('company-ca.pem'), authority.certificate)
    await writeFile(file('cert.pem'), certificate.certificate)
    await writeFile(file('key.pem'), certificate.key, { mode: 0o600 })
    port = await freePort()
    const tls = ['--tls-cert', file('cert.pem'), '--tls-key', file('key.pem'), '--public-url', SERVER]
    const listen = ['--listen', `127.0.0.1:${port}`, '--drain-grace', '0']
    const server = resources.use(startPostern(['server', '--data', file('data'), ...listen, ...tls]))
    await server.line('"msg":"listening"')
    await copyFile(file('data/root-access-key.json'), file('key.json'))
  })
  after(() => resources.disposeAsync())

  const startProxy = (options: Partial<ConnectProxyOptions> = {}) =>
    startConnectProxy({ routes: { 'postern.test:443': port }, login: LOGIN, ...options })
  const run = (args: readonly string[], proxy: string, more: Record<string, string> = {}) =>
    postern(args, { cwd: folder, env: { ...NONE, HTTPS_PROXY: proxy, ...more } })
  const LIST = ['gateway', 'list', '--endpoint', SERVER, '--key-file', 'key.json', '--ca-file', 'company-ca.pem']

  test('the commands of the page enrol, run and list through it', async () => {
    await using proxy = await startProxy()
    const address = `http://${LOGIN}@127.0.0.1:${proxy.port}`
    const [variable, ...commands] = shellCommands(section(PAGE, 'Through a proxy'))
    assert.match(variable ?? '', /^export HTTPS_PROXY=http:\/\/user:password@/)
    const [enroll, start, list, ...others] = commands.map((command) =>
      command
        .replace(URL_OF_PAGE, SERVER)
        .replace(/^bin\/postern /, '')
        .split(' '),
    )
    assert.ok(enroll && start && list)
    assert.deepEqual([others, list], [[], LIST])

    const connection = LIST.slice(2)
    const token = await run(['gateway', 'token', ...connection], address)
    assert.equal(token.code, EXIT.done, token.stderr)
    await writeFile(join(folder, 'token.txt'), token.stdout)
    const enrolled = await run(enroll, address)
    assert.equal(enrolled.code, EXIT.done, enrolled.stderr)

    await using database = await startSilentServer((socket) => socket.end('SSH-2.0-x\r\n'))
    const endpoint = `{ engine: MySQL, host: 127.0.0.1, port: ${database.port}, user: u, tls: { mode: off } }`
    await writeFile(join(folder, 'gateway.yaml'), `endpoints:\n  - ${endpoint}\n`)
    await using gateway = startPostern(start, { cwd: folder, env: { ...NONE, HTTPS_PROXY: address } })
    await gateway.line('"msg":"connected"')
    const gateways = await run([...list, '--output', 'json'], address)
    const [first] = z.array(z.object({ BackupGatewayId: z.string() })).parse(JSON.parse(gateways.stdout))
    assert.ok(first)
    const where = ['--gateway', first.BackupGatewayId, '--engine', 'MySQL', '--host', '127.0.0.1']
    const listed = await run(['databases', ...where, '--port', String(database.port), ...connection], address)
    assert.match(listed.stderr, /^Endpoint\.WrongProtocol: /)
    assert.ok(proxy.tunnels >= 5, `${proxy.tunnels} tunnels`)
    assert.deepEqual([...new Set(proxy.asked)], ['postern.test:443'])
    await gateway.kill()
    const wrong = address.replace('s3cret', 'wr0ng')
    await using refused = startPostern(start, { cwd: folder, env: { ...NONE, HTTPS_PROXY: wrong } })
    assert.match(
      await refused.line('no connection to the server'),
      /answered 407: user or password is missing or wrong/,
    )
    assert.doesNotMatch(refused.output(), /wr0ng/)
    // Databases are not dialled through it, and nothing says its password.
    assert.doesNotMatch(gateway.output() + enrolled.stdout + enrolled.stderr + listed.stderr, /s3cret/)
  })

  test('wrong credentials are said, without them', async () => {
    await using proxy = await startProxy()
    const wrong = `http://plant:wr0ng@127.0.0.1:${proxy.port}`
    const said = `the proxy 127.0.0.1:${proxy.port} answered 407: user or password is missing or wrong`
    const listed = await run(LIST, wrong)
    assert.equal(listed.code, EXIT.noConnection)
    assert.equal(listed.stderr, `No connection to ${SERVER}: ${said}\n`)
    const enroll = ['gateway', 'enroll', '--server', SERVER, '--data', 'refused', '--ca-file', 'company-ca.pem']
    const enrolled = await run(enroll, wrong, { POSTERN_ENROLLMENT_TOKEN: 'of-no-use' })
    assert.equal(enrolled.code, EXIT.failed)
    assert.ok(enrolled.stderr.includes(said), enrolled.stderr)
    assert.doesNotMatch(enrolled.stderr, /wr0ng/)
    assert.equal(proxy.tunnels, 0)
  })

  test('a proxy that refuses, one that is not there and one that never answers', async () => {
    await using refusing = await startProxy({ behaviour: 'refuse' })
    await using hanging = await startProxy({ behaviour: 'hang' })
    const nowhere = await freePort()
    const began = performance.now()
    const [refused, missing, hung] = await Promise.all(
      [refusing.port, nowhere, hanging.port].map((at) => run(LIST, `http://${LOGIN}@127.0.0.1:${at}`)),
    )
    assert.match(refused?.stderr ?? '', /answered 403: it does not allow a connection to postern\.test:443$/m)
    assert.match(
      missing?.stderr ?? '',
      new RegExp(`the proxy 127\\.0\\.0\\.1:${nowhere} cannot be used: .*ECONNREFUSED`),
    )
    assert.match(hung?.stderr ?? '', new RegExp(`the proxy 127\\.0\\.0\\.1:${hanging.port} gave no answer within 10 s`))
    assert.ok(performance.now() - began < 50_000)
  })

  test('NO_PROXY is dialled directly', async () => {
    await using proxy = await startProxy()
    const listed = await run(LIST, `http://${LOGIN}@127.0.0.1:${proxy.port}`, { NO_PROXY: '.test' })
    assert.equal(listed.code, EXIT.noConnection)
    assert.match(listed.stderr, /^No connection to https:\/\/postern\.test: getaddrinfo /)
    assert.deepEqual(proxy.asked, [])
  })

  test('a --ca-file that is missing or broken is named', async () => {
    await writeFile(join(folder, 'broken.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
    const [missing, broken, none] = await Promise.all(
      ['missing.pem', 'broken.pem', 'key.json'].map((file) => run([...LIST.slice(0, -1), file], 'http://127.0.0.1:9')),
    )
    assert.match(missing?.stderr ?? '', /^--ca-file missing\.pem cannot be read: ENOENT/)
    assert.match(broken?.stderr ?? '', /^--ca-file broken\.pem: its certificate number 1 is broken/)
    assert.match(none?.stderr ?? '', /^--ca-file key\.json has no certificate in PEM/)
    for (const each of [missing, broken, none]) assert.equal(each?.code, EXIT.usage)
  })
})
