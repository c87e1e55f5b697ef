import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { makeAuthority } from '../fixtures/certificates.ts'
import { startFaultProxy } from '../fixtures/fault-proxy.ts'
import { findPostgresql, type PostgresqlServer, startPostgresql } from '../fixtures/postgresql.ts'
import { type Login, openSession, PASSWORD, rejection, USER } from './engine-session.ts'
import { authentication, failure, message, READY, startScriptedPostgresql } from './scripted-postgresql.ts'

const AUTHORITY = makeAuthority()
const TLS = AUTHORITY.issue(['127.0.0.1'])
const VERIFY = { mode: 'verify', ca: AUTHORITY.certificate } as const
const skip = findPostgresql() === undefined && 'PostgreSQL is not on this machine (Debian: postgresql)'

const at = (port: number, over: Partial<Login> = {}): Login => ({ engine: 'PostgreSQL', port, ...over })

const listed = async (login: Login) => {
  await using session = await openSession(login)
  return [...(await session.listDatabases()).databases].map(({ name }) => name)
}

const scram = () => authentication(10, 'SCRAM-SHA-256\0\0')
const nonceOf = (bytes: Buffer) => /r=([!-+\--~]+)/.exec(bytes.toString('latin1'))?.[1] ?? ''
const challenge =
  (iterations: string, nonce = (own: string) => `${own}server`) =>
  (bytes: Buffer) =>
    authentication(11, `r=${nonce(nonceOf(bytes))},s=${Buffer.from('salt').toString('base64')},i=${iterations}`)
describe('logging in to a real PostgreSQL', { skip, timeout: 60_000 }, () => {
  let server: PostgresqlServer
  before(async () => {
    const hba = [
      'hostssl all only_tls 127.0.0.1/32 scram-sha-256',
      'host all clear 127.0.0.1/32 password',
      'host all digest 127.0.0.1/32 md5',
      'host shop only_shop 127.0.0.1/32 scram-sha-256',
      'host postgres,template1 half_rejected 127.0.0.1/32 reject',
      'host half_rejected half_rejected 127.0.0.1/32 scram-sha-256',
      'host all rejected 127.0.0.1/32 reject',
      'hostnossl all needs_tls 127.0.0.1/32 reject',
      'hostssl all needs_tls 127.0.0.1/32 scram-sha-256',
      'host all postgres,gw_lister,no_login 127.0.0.1/32 scram-sha-256',
    ]
    server = await startPostgresql({ tls: TLS, hba, onlyHba: true, settings: ['max_connections=8'] })
    await server.query('CREATE DATABASE shop')
    await server.query('CREATE DATABASE half_rejected')
    for (const name of ['only_tls', 'clear', 'only_shop', 'half_rejected', 'rejected', 'needs_tls', USER])
      await server.query(`CREATE ROLE ${name} LOGIN PASSWORD '${PASSWORD}'`)
    await server.query(`CREATE ROLE no_login PASSWORD '${PASSWORD}'`)
    await server.query("SET password_encryption = 'md5'; CREATE ROLE digest LOGIN PASSWORD '" + PASSWORD + "'")
  })
  after(() => server[Symbol.asyncDispose]())

  test('pg_hba.conf that has this user over TLS only', async () => {
    const error = await rejection(openSession(at(server.port, { user: 'only_tls' })))
    assert.equal(error.code, 'Endpoint.TlsRequired')
    assert.match(error.message, /no encryption/)
    assert.ok((await listed(at(server.port, { user: 'only_tls', tls: VERIFY }))).includes('shop'))
  })

  test('a password in clear text: over verified TLS only, never where the caller chose the address', async () => {
    const off = await rejection(openSession(at(server.port, { user: 'clear' })))
    assert.equal(off.code, 'Database.AuthenticationUnsupported')
    assert.match(off.message, /clear text, which needs verified TLS/)
    assert.ok((await listed(at(server.port, { user: 'clear', tls: VERIFY }))).includes('shop'))
    const strict = await rejection(openSession(at(server.port, { user: 'clear', tls: VERIFY, strictLogin: true })))
    assert.equal(strict.code, 'Database.AuthenticationUnsupported')
  })

  test('MD5: as configured by hand, never where the caller chose the address', async () => {
    assert.ok((await listed(at(server.port, { user: 'digest' }))).includes('shop'))
    const strict = await rejection(openSession(at(server.port, { user: 'digest', tls: VERIFY, strictLogin: true })))
    assert.equal(strict.code, 'Database.AuthenticationUnsupported')
    assert.match(strict.message, /MD5/)
  })

  test('a role that may not log in is refused with the words of the server, once', async () => {
    await using proxy = await startFaultProxy({ port: server.port })
    const error = await rejection(openSession(at(proxy.port, { user: 'no_login' })))
    assert.equal(error.code, 'Database.AuthenticationFailed')
    assert.match(error.message, /not permitted to log in/)
    assert.equal(proxy.accepted, 1)
  })

  test('the database to log in to: configured, postgres, template1, the user name', async () => {
    await using own = await startPostgresql()
    await own.query(`CREATE ROLE ${USER} LOGIN PASSWORD '${PASSWORD}'`)
    await own.query(`CREATE DATABASE ${USER}`)
    const inDatabase = async (login: Partial<Login> = {}) => {
      await using session = await openSession(at(own.port, login))
      await session.listDatabases()
      const rows = await own.query(`SELECT datname FROM pg_stat_activity WHERE usename = '${USER}'`, 'template1')
      return rows.map((row) => row['datname'])
    }
    assert.deepEqual(await inDatabase(), ['postgres'])
    assert.deepEqual(await inDatabase({ database: USER }), [USER])
    assert.deepEqual(await inDatabase({ database: 'is_not_there' }), ['postgres'])
    await own.query('REVOKE CONNECT ON DATABASE postgres FROM PUBLIC')
    assert.deepEqual(await inDatabase(), ['template1'])
    await own.query('ALTER DATABASE template1 WITH ALLOW_CONNECTIONS false')
    const rows = async () => {
      await using session = await openSession(at(own.port))
      await session.listDatabases()
      return await own.query(`SELECT datname FROM pg_stat_activity WHERE usename = '${USER}'`)
    }
    assert.deepEqual(await rows(), [{ datname: USER }])

    await own.query(`REVOKE CONNECT ON DATABASE ${USER} FROM PUBLIC`)
    const error = await rejection(openSession(at(own.port)))
    assert.equal(error.code, 'Database.PrivilegeMissing')
    const grant = /run: (GRANT CONNECT ON DATABASE postgres TO "gw_lister")\./.exec(error.message)?.[1]
    assert.ok(grant !== undefined, error.message)
    await own.query(grant)
    assert.ok((await listed(at(own.port))).includes('postgres'))
  })

  test('pg_hba.conf that has this user for one database only: that one is found by its configuration', async () => {
    assert.ok((await listed(at(server.port, { user: 'only_shop', database: 'shop' }))).includes('shop'))
    const tls = VERIFY
    const error = await rejection(openSession(at(server.port, { user: 'only_shop', tls })))
    assert.equal(error.code, 'Database.AuthenticationFailed')
  })

  test('pg_hba.conf that rejects this user: for some databases the next is tried, for all each refusal is told', async () => {
    assert.ok((await listed(at(server.port, { user: 'half_rejected' }))).includes('shop'))
    await using proxy = await startFaultProxy({ port: server.port })
    const error = await rejection(openSession(at(proxy.port, { user: 'rejected', database: 'shop' })))
    assert.equal(error.code, 'Database.AuthenticationFailed')
    assert.equal(proxy.accepted, 4)
    for (const database of ['shop', 'postgres', 'template1', 'rejected'])
      assert.match(error.message, new RegExp(`${database}: .*rejects connection.*database "${database}"`))
    assert.match(error.message, /add a line for this user to pg_hba\.conf/)
    assert.doesNotMatch(error.message, /GRANT/)
  })

  test('pg_hba.conf that rejects this user without TLS', async () => {
    const error = await rejection(openSession(at(server.port, { user: 'needs_tls' })))
    assert.equal(error.code, 'Database.AuthenticationFailed')
    assert.match(error.message, /over TLS only/)
    assert.ok((await listed(at(server.port, { user: 'needs_tls', tls: VERIFY }))).includes('shop'))
  })

  test('SCRAM over TLS, where the server offers channel binding too', async () => {
    await using proxy = await startFaultProxy({ port: server.port })
    const user = USER
    assert.ok((await listed(at(proxy.port, { user, tls: VERIFY, strictLogin: true }))).includes('shop'))
  })

  test('a wrong password is not tried again with the next database', async () => {
    await using proxy = await startFaultProxy({ port: server.port })
    const error = await rejection(openSession(at(proxy.port, { password: 'wrong', database: 'is_not_there' })))
    assert.equal(error.code, 'Database.AuthenticationFailed')
    assert.equal(proxy.accepted, 1)
  })

  test('pg_hba.conf that has no line for the user at all', async () => {
    const error = await rejection(openSession(at(server.port, { user: 'stranger', tls: VERIFY })))
    assert.equal(error.code, 'Database.AuthenticationFailed')
    assert.match(error.message, /no pg_hba\.conf entry/)
  })

  test('a server with no connection left', async () => {
    const sessions = new AsyncDisposableStack()
    try {
      const error = await rejection(
        (async () => {
          for (let i = 0; i < 10; i++) sessions.use(await openSession(at(server.port)))
        })(),
      )
      assert.equal(error.code, 'Database.TooManyConnections')
    } finally {
      await sessions.disposeAsync()
    }
  })

  test('a server that is stopping', async () => {
    const own = await startPostgresql()
    await own.query(`CREATE ROLE ${USER} LOGIN PASSWORD '${PASSWORD}'`)
    const session = await openSession(at(own.port))
    // An open session keeps a "smart" shutdown waiting, and new ones out.
    process.kill(own.pid, 'SIGTERM')
    const refused = await eventually(at(own.port), 'Database.Starting')
    assert.match(refused.message, /shutting down/)
    await session[Symbol.asyncDispose]()
    await own[Symbol.asyncDispose]()
  })
})

describe('what a server may ask for during a PostgreSQL login', { timeout: 60_000 }, () => {
  const signedIn = Buffer.concat([authentication(0), READY])

  const cases = [
    {
      what: 'more iterations than can be computed',
      answers: [scram, challenge('2000000000')],
      says: /2000000000 iterations/,
    },
    { what: 'no iterations', answers: [scram, challenge('0')], says: /0 iterations/ },
    { what: 'a nonce that is not ours', answers: [scram, challenge('4096', () => 'x'.repeat(40))], says: /nonce/ },
    { what: 'our nonce unchanged', answers: [scram, challenge('4096', (own) => own)], says: /nonce/ },
    { what: 'no proof at the end', answers: [scram, challenge('4096'), () => signedIn], says: /without proving/ },
    {
      what: 'a wrong proof at the end',
      answers: [scram, challenge('4096'), () => Buffer.concat([authentication(12, 'v=d3Jvbmc='), signedIn])],
      says: /signature/,
    },
    { what: 'GSSAPI', answers: [() => authentication(7)], says: /GSSAPI/ },
    {
      what: 'a SASL mechanism that we do not have',
      answers: [() => authentication(10, 'OAUTHBEARER\0\0')],
      says: /OAUTHBEARER/,
    },
    {
      what: 'SCRAM with channel binding only',
      answers: [() => authentication(10, 'SCRAM-SHA-256-PLUS\0\0')],
      says: /SCRAM-SHA-256-PLUS/,
    },
    { what: 'a login from the future', answers: [() => authentication(99)], says: /number 99/ },
    { what: 'the password in clear text', answers: [() => authentication(3)], says: /clear text/ },
  ]
  for (const { what, answers, says } of cases) {
    test(`${what} is refused before anything is answered`, async () => {
      await using server = await startScriptedPostgresql({ answers })
      const error = await rejection(openSession(at(server.port)))
      assert.equal(error.code, 'Database.AuthenticationUnsupported', error.message)
      assert.match(error.message, says)
      assert.ok(!server.received().includes(PASSWORD))
      assert.equal(server.accepted, 1)
    })
  }

  test('few iterations, where the caller chose the address', async () => {
    await using server = await startScriptedPostgresql({ answers: [scram, challenge('1')], tls: TLS })
    const error = await rejection(openSession(at(server.port, { tls: VERIFY, strictLogin: true })))
    assert.equal(error.code, 'Database.AuthenticationUnsupported')
  })

  test('bytes in clear behind the agreement to TLS do not count as said under it', async () => {
    await using server = await startScriptedPostgresql({ answers: [], tls: TLS, early: signedIn })
    const error = await rejection(openSession(at(server.port, { tls: VERIFY })))
    assert.equal(error.code, 'Endpoint.WrongProtocol')
  })

  test('without TLS nothing else is sent, not even the user', async () => {
    await using server = await startScriptedPostgresql({ answers: [] })
    const error = await rejection(openSession(at(server.port, { tls: VERIFY })))
    assert.equal(error.code, 'Endpoint.TlsRefused')
    assert.equal(server.received().length, 8)
  })

  test('a server that is starting, and what a pooler says', async () => {
    const refusals = [
      { answer: failure('57P03', 'the database system is starting up'), code: 'Database.Starting' },
      {
        answer: failure('08P01', 'no more connections allowed (max_client_conn)'),
        code: 'Database.TooManyConnections',
      },
      { answer: failure('08P01', 'no such database: postgres'), code: 'Database.PrivilegeMissing' },
      { answer: failure('XX000', 'something else'), code: 'Database.AuthenticationFailed' },
    ]
    for (const { answer, code } of refusals) {
      await using server = await startScriptedPostgresql({ answers: [() => answer] })
      const error = await rejection(openSession(at(server.port)))
      assert.equal(error.code, code)
    }
  })

  test('a message of a length that nobody needs', async () => {
    const huge = Buffer.from([0x45, 0x7f, 0xff, 0xff, 0xff])
    await using server = await startScriptedPostgresql({
      answers: [() => Buffer.concat([message('N', Buffer.alloc(8)), huge])],
    })
    const error = await rejection(openSession(at(server.port)))
    assert.equal(error.code, 'Endpoint.WrongProtocol')
  })
})

/** The refusal with that code, once the server has come so far. */
async function eventually(login: Login, code: string) {
  const end = performance.now() + 10_000
  for (;;) {
    const error = await rejection(openSession(login)).catch(() => undefined)
    if (error?.code === code) return error
    assert.ok(performance.now() < end, `never ${code}, last ${error?.code}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('a server that asks for the same step of the login again is ended at once', { timeout: 30_000 }, async () => {
  const md5 = authentication(5, 'salt')
  await using server = await startScriptedPostgresql({ answers: [() => Buffer.concat([md5, md5])] })
  const error = await rejection(openSession({ engine: 'PostgreSQL', port: server.port }))
  assert.equal(error.code, 'Endpoint.WrongProtocol')
})
