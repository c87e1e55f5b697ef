import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import type { TlsOptions } from '../../src/engines/engine.ts'
import { makeAuthority, type ServerCertificate } from '../fixtures/certificates.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { startMongodb } from '../fixtures/mongodb.ts'
import { findPostgresql, startPostgresql } from '../fixtures/postgresql.ts'
import { startOracle } from '../fixtures/oracle.ts'
import { postern } from '../fixtures/process.ts'
import { findRedis, startRedis } from '../fixtures/redis.ts'
import { startSqlserver } from '../fixtures/sqlserver.ts'
import { type Login, openSession, PASSWORD, rejection, USER } from './engine-session.ts'

const AUTHORITY = makeAuthority()
const STRANGER = makeAuthority('Stranger')
const TLS = AUTHORITY.issue(['127.0.0.1'])
const OURS = AUTHORITY.issue(['gateway.test'], { commonName: 'postern', organization: 'Plant 7' })
const OF_STRANGERS = STRANGER.issue(['gateway.test'], { commonName: 'postern', organization: 'Plant 7' })
const EXPIRED = AUTHORITY.issue(['gateway.test'], { commonName: 'postern', expired: true })
const SUBJECT = 'CN=postern,O=Plant 7'

const showing = (client?: ServerCertificate): TlsOptions => ({
  mode: 'verify',
  ca: AUTHORITY.certificate,
  ...(client !== undefined && { client: { certificate: client.certificate, key: client.key } }),
})

async function logIn(login: Login): Promise<void> {
  await using session = await openSession({ connectMs: 5000, ...login })
  await session.listDatabases()
}

test('MariaDB: a user with REQUIRE X509 or SUBJECT', { skip: findMariadb() === undefined }, async () => {
  await using server = await startMariadb({ tls: TLS })
  const at = (user: string, client?: ServerCertificate): Login => ({
    engine: 'MariaDB',
    port: server.port,
    user,
    tls: showing(client),
  })
  await server.query(`CREATE USER x509@'%' IDENTIFIED BY '${PASSWORD}' REQUIRE X509`)
  await server.query(`CREATE USER other@'%' IDENTIFIED BY '${PASSWORD}' REQUIRE SUBJECT '/CN=somebody'`)
  await logIn(at('x509', OURS))
  const without = await rejection(logIn(at('x509')))
  assert.equal(without.code, 'Database.AuthenticationFailed')
  assert.match(without.message, /REQUIRE X509 .*`tls.clientCertFile`/)
  const wrong = await rejection(logIn(at('other', OURS)))
  assert.equal(wrong.code, 'Database.AuthenticationFailed')
  assert.match(wrong.message, /REQUIRE SUBJECT/)
  await refusedByAlert((client) => logIn(at('x509', client)), [OF_STRANGERS, EXPIRED])
})

test('PostgreSQL: cert is a login of its own, clientcert one beside the password', {
  skip: findPostgresql() === undefined,
}, async () => {
  const hba = [
    'hostssl all postern 127.0.0.1/32 cert',
    'hostssl all twofold 127.0.0.1/32 scram-sha-256 clientcert=verify-ca',
    'hostssl all nobody 127.0.0.1/32 cert',
  ]
  await using server = await startPostgresql({ tls: TLS, hba })
  for (const user of ['postern', 'nobody']) await server.query(`CREATE ROLE ${user} LOGIN`)
  await server.query(`CREATE ROLE twofold LOGIN PASSWORD '${PASSWORD}'`)
  const at = (user: string, client?: ServerCertificate): Login => ({
    engine: 'PostgreSQL',
    port: server.port,
    user,
    tls: showing(client),
  })
  await logIn({ ...at('postern', OURS), password: '' })
  await logIn(at('twofold', OURS))
  for (const login of [at('twofold'), at('postern'), at('nobody', OURS)]) {
    const error = await rejection(logIn(login))
    assert.equal(error.code, 'Database.AuthenticationFailed', error.message)
    assert.match(error.message, /certificate/)
  }
  await refusedByAlert((client) => logIn(at('twofold', client)), [OF_STRANGERS, EXPIRED])
})

test('Redis: a server that lets in only who shows a certificate', { skip: !findRedis() }, async () => {
  await using server = await startRedis({ tls: TLS, args: ['--tls-auth-clients', 'yes'] })
  const login = (client?: ServerCertificate) =>
    logIn({
      engine: 'Redis',
      port: server.tlsPort,
      user: 'default',
      password: server.rootPassword,
      tls: showing(client),
    })
  await login(OURS)
  await refusedByAlert(login, [undefined, OF_STRANGERS, EXPIRED])
})

test('SQL Server (stand-in): one that lets in only who shows a certificate, in TDS 7 and in TDS 8', async () => {
  for (const strict of [false, true]) {
    await using server = await startSqlserver({ tls: TLS, clientAuthority: AUTHORITY.certificate, strict })
    server.setUser(USER, { password: PASSWORD })
    const login = (client?: ServerCertificate) => logIn({ engine: 'MSSQL', port: server.port, tls: showing(client) })
    await login(OURS)
    const error = await rejection(login())
    // TDS 7 has TLS 1.2, whose alert says no more than that the handshake failed.
    assert.equal(error.code, strict ? 'Database.AuthenticationFailed' : 'Endpoint.TlsRefused', error.message)
    assert.match(error.message, /wants a client certificate.* set `tls\.clientCertFile`/)
    assert.equal(server.sessions.length, 1)
  }
})

test('Oracle (stand-in): one that lets in only who shows a certificate', async () => {
  await using server = await startOracle({ tls: TLS, clientAuthority: AUTHORITY.certificate })
  server.users.set(USER.toUpperCase(), { password: PASSWORD })
  const login = (client?: ServerCertificate) => logIn({ engine: 'Oracle', port: server.tlsPort, tls: showing(client) })
  await login(OURS)
  await refusedByAlert(login, [undefined])
  assert.equal(server.connects, 1)
})

async function mongodb() {
  const server = await startMongodb({ tls: TLS, clientAuthority: AUTHORITY.certificate })
  server.script(`db.getSiblingDB("$external").createUser({ user: "${SUBJECT}", roles: [] })`)
  server.script(`db.getSiblingDB("admin").createUser({ user: "${USER}", pwd: "${PASSWORD}", roles: [] })`)
  return server
}
const byCertificate = { engine: 'MongoDB', user: SUBJECT, authMechanism: 'MONGODB-X509' } as const

test('MONGODB-X509: the certificate is the login, no password is asked for, also where the caller chose the address', async () => {
  await using server = await mongodb()
  const at = { ...byCertificate, port: server.port, password: () => assert.fail('no password is needed') }
  await logIn({ ...at, tls: showing(OURS) })
  await logIn({ ...at, tls: showing(OURS), strictLogin: true })
  const names = server.commands.map((command) => Object.keys(command)[0])
  assert.deepEqual([names.includes('authenticate'), names.includes('saslStart')], [true, false])
})

test('MONGODB-X509: what gateway grants prints makes the user of the certificate and lets it list everything', async () => {
  const args = ['--engine', 'MongoDB', '--user', SUBJECT, '--auth-mechanism', 'MONGODB-X509']
  const { code, stdout, stderr } = await postern(['gateway', 'grants', ...args])
  assert.deepEqual([code, stdout.includes('"$external"')], [0, true], stderr)
  await using server = await startMongodb({ tls: TLS, clientAuthority: AUTHORITY.certificate })
  for (const line of stdout.trimEnd().split('\n')) server.script(line)
  await using session = await openSession({ ...byCertificate, port: server.port, tls: showing(OURS) })
  assert.equal((await session.listDatabases()).visibility, 'complete')
})

test('MONGODB-X509: the grant is for the user in $external', async () => {
  await using server = await mongodb()
  await using session = await openSession({ ...byCertificate, port: server.port, tls: showing(OURS) })
  const { warnings } = await session.listDatabases()
  assert.match(warnings[0]?.grant ?? '', /getSiblingDB\("\$external"\)\.grantRolesToUser\("CN=postern,O=Plant 7"/)
})

test('MONGODB-X509: what the server refuses, and what it wants', async () => {
  await using server = await mongodb()
  const at = (over: Partial<Login>): Login => ({ ...byCertificate, port: server.port, tls: showing(OURS), ...over })
  const cases = [
    [
      at({ user: 'O=Plant 7,CN=postern' }),
      'Database.AuthenticationFailed',
      /certificate is of "CN=postern,O=Plant 7".*must be that/,
    ],
    [at({ tls: showing(OF_STRANGERS) }), 'Database.AuthenticationFailed', /No verified subject/],
    [at({ tls: showing(EXPIRED) }), 'Database.AuthenticationFailed', /No verified subject/],
    [at({ tls: showing() }), 'Database.AuthenticationUnsupported', /set `tls.clientCertFile`/],
    [at({ tls: { mode: 'off' } }), 'Database.AuthenticationUnsupported', /set `tls.clientCertFile`/],
  ] as const
  for (const [login, code, says] of cases) {
    const error = await rejection(logIn(login))
    assert.equal(error.code, code, error.message)
    assert.match(error.message, says)
    assert.ok(!inspect(error, { depth: 20, showHidden: true }).includes('PRIVATE KEY'))
  }
})

test('a SCRAM that the endpoint names is the only one that is used', async () => {
  await using server = await startMongodb()
  server.script(`db.getSiblingDB("admin").createUser({ user: "${USER}", pwd: "${PASSWORD}", roles: [] })`)
  for (const authMechanism of ['SCRAM-SHA-1', 'SCRAM-SHA-256'] as const) {
    await logIn({ engine: 'MongoDB', port: server.port, authMechanism })
    assert.equal(server.commands.findLast((command) => 'saslStart' in command)?.['mechanism'], authMechanism)
  }
  const strict = { engine: 'MongoDB', strictLogin: true, authMechanism: 'SCRAM-SHA-1' } as const
  await using secured = await mongodb()
  const error = await rejection(logIn({ ...strict, port: secured.port, tls: showing() }))
  assert.equal(error.code, 'Database.AuthenticationUnsupported', 'a strict login is not downgraded by configuration')
})

/** TLS 1.3 tells a client only after the handshake is over for it. */
async function refusedByAlert(
  login: (client?: ServerCertificate) => Promise<void>,
  clients: readonly (ServerCertificate | undefined)[],
): Promise<void> {
  for (const client of clients) {
    const error = await rejection(login(client))
    assert.equal(error.code, 'Database.AuthenticationFailed', error.message)
    assert.match(
      error.message,
      client === undefined ? /wants a client certificate: set/ : /does not accept the client cert/,
    )
    assert.ok(!inspect(error, { depth: 20, showHidden: true }).includes('PRIVATE KEY'))
  }
}
