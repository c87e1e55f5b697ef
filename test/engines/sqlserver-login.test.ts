import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { makeAuthority } from '../fixtures/certificates.ts'
import { startFaultProxy } from '../fixtures/fault-proxy.ts'
import { type StandInOptions, startSqlserver } from '../fixtures/sqlserver.ts'
import { doneToken, errorToken, routingToken, welcomeTokens } from '../fixtures/tds-tokens.ts'
import { type Login, openSession, PASSWORD, rejection, USER } from './engine-session.ts'

const AUTHORITY = makeAuthority()
const CERTIFICATE = AUTHORITY.issue(['db.test', '127.0.0.1'])
const VERIFY = { mode: 'verify', ca: AUTHORITY.certificate } as const

async function start(options: StandInOptions = {}) {
  const server = await startSqlserver(options)
  server.setUser(USER, { password: PASSWORD })
  return server
}

const login = (port: number, over: Partial<Login> = {}) => openSession({ engine: 'MSSQL', port, ...over })

/** The password as TDS hides it, and as it is. */
function showsPassword(bytes: Buffer): boolean {
  const plain = Buffer.from(PASSWORD, 'utf16le')
  const hidden = plain.map((byte) => (((byte << 4) | (byte >> 4)) & 0xff) ^ 0xa5)
  return bytes.includes(plain) || bytes.includes(Buffer.from(hidden))
}

for (const encryption of ['notSupported', 'off'] as const) {
  test(`row 30: TLS verified, and a server that answers "${encryption}": refused, and no password goes out`, async () => {
    await using server = await start({ tls: CERTIFICATE, encryption })
    const error = await rejection(login(server.port, { tls: VERIFY }))
    assert.equal(error.code, 'Endpoint.TlsRefused')
    assert.equal(showsPassword(server.received()), false)
    assert.equal(server.sessions.length, 0)
  })
}

test('TLS off: the login alone is encrypted where the server can, and goes as TDS hides it where it cannot', async () => {
  await using covered = await start({ tls: CERTIFICATE })
  await using first = await login(covered.port)
  assert.equal((await first.listDatabases()).visibility, 'complete')
  assert.equal(covered.sessions[0]?.encrypted, 'login')
  assert.equal(showsPassword(covered.received()), false)
  assert.equal(covered.received().includes(Buffer.from('sys.databases', 'utf16le')), true, 'the rest is clear')

  await using bare = await start()
  await using second = await login(bare.port)
  assert.equal((await second.listDatabases()).visibility, 'complete')
  assert.equal(showsPassword(bare.received()), true, 'the test sees a password that is there')
})

test('TLS off, and a server that forces encryption', async () => {
  await using server = await start({ tls: CERTIFICATE, encryption: 'required' })
  const error = await rejection(login(server.port))
  assert.equal(error.code, 'Endpoint.TlsRequired')
  assert.equal(showsPassword(server.received()), false)
})

test('a server that takes TDS 8 only is reached over TLS from the first byte, with the same checks', async () => {
  await using server = await start({ tls: CERTIFICATE, strict: true })
  await using session = await login(server.port, { tls: VERIFY, strictLogin: true })
  assert.equal((await session.listDatabases()).visibility, 'complete')
  assert.equal(server.sessions.length, 1)

  const stranger = await rejection(login(server.port, { tls: { mode: 'verify' } }))
  assert.equal(stranger.code, 'Endpoint.TlsUntrusted')
  assert.match(stranger.message, /CN=db\.test/)
  const named = await rejection(login(server.port, { tls: VERIFY, host: 'other.test' }))
  assert.equal(named.code, 'Endpoint.TlsUntrusted')
  const off = await rejection(login(server.port))
  assert.match(off.code, /^Endpoint\.(TlsRequired|ConnectionReset)$/)
  assert.equal(server.sessions.length, 1)
})

test('row 31: an address that the server names is not dialled', async () => {
  await using target = await start()
  await using server = await start({
    onLogin: (connection) =>
      connection.answer(welcomeTokens('master', [16, 0, 0, 0]), routingToken('127.0.0.1', target.port), doneToken()),
  })
  const error = await rejection(login(server.port))
  assert.equal(error.code, 'Endpoint.NotAllowed')
  assert.match(error.message, new RegExp(`127\\.0\\.0\\.1 port ${target.port}`))
  assert.equal(target.received().length, 0)
})

const REFUSALS = [
  [18456, 'Database.AuthenticationFailed'],
  [18486, 'Database.AccountLocked'],
  [18470, 'Database.AccountLocked'],
  [18487, 'Database.AccountLocked'],
  [18488, 'Database.AccountLocked'],
  [18452, 'Database.AuthenticationUnsupported'],
  [17809, 'Database.TooManyConnections'],
  [10928, 'Database.TooManyConnections'],
  [18401, 'Database.Starting'],
  [17142, 'Database.Starting'],
  [40613, 'Database.Starting'],
  [916, 'Database.PrivilegeMissing'],
  [777, 'Database.AuthenticationFailed'],
] as const

test('a refused login: one try, the code, the words and the number of the server, and no password', async () => {
  for (const [number, code] of REFUSALS) {
    let logins = 0
    await using server = await start({
      onLogin: (connection) => {
        logins++
        const message = `No, ${USER} with ${PASSWORD}.`
        connection.answer(errorToken({ number, message }), doneToken({ failed: true }))
        connection.end()
      },
    })
    const error = await rejection(login(server.port))
    assert.equal(error.code, code, `${number}: ${error.message}`)
    assert.match(error.message, new RegExp(`The server said: No, .*\\(${number}\\)`))
    assert.equal(logins, 1, `${number} is not tried again`)
    assert.doesNotMatch(inspect(error, { depth: 20, showHidden: true }), new RegExp(PASSWORD))
  }
})

test('a database that is not there: why, and what to configure', async () => {
  await using server = await start()
  const error = await rejection(login(server.port, { database: 'nowhere' }))
  assert.equal(error.code, 'Database.PrivilegeMissing')
  assert.match(error.message, /nowhere.*\(4060\).*`database:`/)
})

test('logs in to master with neutral names, or to the database of the endpoint', async () => {
  await using server = await start()
  server.addDatabase({ name: 'shop' })
  await using first = await login(server.port)
  await using second = await login(server.port, { database: 'shop' })
  await Promise.all([first.serverInfo(), second.serverInfo()])
  assert.deepEqual(
    server.sessions.map(({ database, workstation }) => [database, workstation]),
    [
      ['master', 'postern-gateway'],
      ['shop', 'postern-gateway'],
    ],
  )
  assert.ok(server.sessions.every(({ program }) => program.startsWith('postern-gateway/')))
})

test('a server that hangs after any byte ends at the deadline', async () => {
  await using server = await start({ tls: CERTIFICATE })
  await using proxy = await startFaultProxy({ port: server.port })
  for (const tls of [{ mode: 'off' }, VERIFY] as const) {
    proxy.faults.limit = undefined
    const before = proxy.fromServer
    await list(proxy.port, { tls })
    const whole = proxy.fromServer - before
    const places = Array.from({ length: 24 }, (_, piece) => 1 + Math.floor((whole * piece) / 25))
    for (const bytesToClient of places) {
      proxy.faults.limit = { bytesToClient, action: 'blackHole' }
      const error = await rejection(list(proxy.port, { tls, connectMs: 150, queryMs: 150 }))
      assert.match(
        error.code,
        /^(Endpoint\.ConnectTimedOut|Task\.ExecutionTimedOut)$/,
        `${bytesToClient}: ${error.message}`,
      )
    }
  }
})

async function list(port: number, over: Partial<Login>) {
  await using session = await login(port, over)
  return await session.listDatabases()
}
