import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { EXIT } from '../../src/cli/exit-code.ts'
import { makeAuthority } from '../fixtures/certificates.ts'
import { freePort } from '../fixtures/free-port.ts'
import { postern, startPostern } from '../fixtures/process.ts'
import { startSilentServer } from '../fixtures/silent-server.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

/** Everything on the public address over TLS: the API, the enrolment and the link. */
test('a server with a certificate is reached by those who trust its authority, and by nobody else', async () => {
  await using folder = await tempFolder()
  const file = (name: string) => join(folder.path, name)
  const authority = makeAuthority()
  const certificate = authority.issue(['127.0.0.1'])
  await writeFile(file('ca.pem'), authority.certificate)
  await writeFile(file('cert.pem'), certificate.certificate)
  await writeFile(file('key.pem'), certificate.key, { mode: 0o600 })
  const port = await freePort()
  // 0.0.0.0 can be reached from other machines: with a certificate it is allowed.
  const tls = [
    '--tls-cert',
    file('cert.pem'),
    '--tls-key',
    file('key.pem'),
    '--public-url',
    `https://127.0.0.1:${port}`,
  ]
  const listen = ['--listen', `0.0.0.0:${port}`, '--drain-grace', '0']
  await using server = startPostern(['server', '--data', file('data'), ...listen, ...tls])
  await server.line('"msg":"listening"')

  const url = `https://127.0.0.1:${port}`
  const connection = ['--endpoint', url, '--key-file', file('data/root-access-key.json')]
  const trusting = { env: { NODE_EXTRA_CA_CERTS: file('ca.pem') } }
  const stranger = await postern(['gateway', 'list', ...connection])
  assert.equal(stranger.code, EXIT.noConnection)
  assert.match(stranger.stderr, /certificate/)

  const token = (await postern(['gateway', 'token', ...connection], trusting)).stdout.trim()
  const enroll = ['gateway', 'enroll', '--server', url, '--data', file('gateway')]
  const refused = await postern(enroll, { env: { POSTERN_ENROLLMENT_TOKEN: token } })
  assert.equal(refused.code, EXIT.failed)
  assert.match(refused.stderr, /certificate/)
  const enrolled = await postern(enroll, { env: { ...trusting.env, POSTERN_ENROLLMENT_TOKEN: token } })
  assert.equal(enrolled.code, EXIT.done, enrolled.stderr)

  await using database = await startSilentServer((socket) => socket.end('SSH-2.0-x\r\n'))
  const endpoint = `{ engine: MySQL, host: 127.0.0.1, port: ${database.port}, user: u, tls: { mode: off } }`
  await writeFile(file('gateway.yaml'), `endpoints:\n  - ${endpoint}\n`)
  const run = ['gateway', 'run', '--data', file('gateway'), '--config', file('gateway.yaml')]
  await using gateway = startPostern(run, trusting)
  await gateway.line('"msg":"connected"')

  const gateways = await postern(['gateway', 'list', '--output', 'json', ...connection], trusting)
  const [first] = z.array(z.object({ BackupGatewayId: z.string() })).parse(JSON.parse(gateways.stdout))
  assert.ok(first)
  const where = ['--gateway', first.BackupGatewayId, '--engine', 'MySQL', '--host', '127.0.0.1']
  // The option does what the variable does, in addition to what the machine trusts.
  const withOption = [...connection, '--ca-file', file('ca.pem')]
  assert.equal((await postern(['gateway', 'list', ...withOption])).code, EXIT.done)
  assert.equal((await postern(['call', 'DescribeBackupGatewayList', ...withOption])).code, EXIT.done)
  const listed = await postern(['databases', ...where, '--port', String(database.port), ...withOption])
  assert.equal(listed.code, EXIT.failed)
  assert.match(listed.stderr, /^Endpoint\.WrongProtocol: .*SSH-2\.0-x/)
})
