import assert from 'node:assert/strict'
import { createHash, randomInt } from 'node:crypto'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { inspect } from 'node:util'
import { makeAuthority } from '../fixtures/certificates.ts'
import { findMariadb, type MariadbServer, startMariadb } from '../fixtures/mariadb.ts'
import { type Login, neverComes, openSession, PASSWORD, rejection, USER } from './engine-session.ts'
import { moreData, OK, startScriptedMysql, switchTo } from './scripted-mysql.ts'

const AUTHORITY = makeAuthority()
const TLS = AUTHORITY.issue(['127.0.0.1'])
const VERIFY = { mode: 'verify', ca: AUTHORITY.certificate } as const
const SECRET = Buffer.from(PASSWORD)
const skip = findMariadb() === undefined && 'MariaDB is not on this machine (Debian: mariadb-server)'

/** What caching_sha2_password says where the proof was enough. */
const FAST_AUTHENTICATION = 3

const sha256 = (...parts: readonly Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest()

/** What the server checks: SHA256(password) XOR SHA256(SHA256(SHA256(password)), seed). */
function sha2Proof(password: string, seed: Buffer): Buffer {
  const once = sha256(Buffer.from(password))
  const mask = sha256(sha256(once), seed)
  return Buffer.from(once.map((byte, index) => byte ^ (mask[index] ?? 0)))
}

/** The packets of a client without their heads. */
function payloadsOf(received: Buffer): readonly Buffer[] {
  const payloads: Buffer[] = []
  for (let start = 0; start + 4 <= received.length; ) {
    const end = start + 4 + received.readUIntLE(start, 3)
    payloads.push(Buffer.from(received.subarray(start + 4, end)))
    start = end
  }
  return payloads
}

const at = (port: number, over: Partial<Login> = {}): Login => ({ engine: 'MySQL', port, ...over })

describe('logging in to a real MariaDB', { skip, timeout: 60_000 }, () => {
  let server: MariadbServer
  before(async () => {
    const args = ['--plugin-load-add=auth_ed25519', '--max-connections=10', '--extra-port=0']
    server = await startMariadb({ tls: TLS, args })
  })
  after(() => server[Symbol.asyncDispose]())
  const create = (user: string, how: string) => server.query(`CREATE USER \`${user}\`@\`%\` ${how}`)
  const words = `IDENTIFIED BY '${PASSWORD}'`

  test('ed25519, with and without TLS', async () => {
    await create('ed', `IDENTIFIED VIA ed25519 USING PASSWORD('${PASSWORD}')`)
    for (const tls of [{ mode: 'off' }, VERIFY] as const) {
      await using session = await openSession(at(server.port, { user: 'ed', tls }))
      assert.equal((await session.serverInfo()).product, 'MariaDB')
    }
    const wrong = await rejection(openSession(at(server.port, { user: 'ed', password: 'wrong', tls: VERIFY })))
    assert.equal(wrong.code, 'Database.AuthenticationFailed')
  })

  test('a user who must use TLS: by TLS, and told so without', async () => {
    await create('secured', `${words} REQUIRE SSL`)
    await using session = await openSession(at(server.port, { user: 'secured', tls: VERIFY }))
    assert.equal((await session.listDatabases()).visibility, 'partial')
    const error = await rejection(openSession(at(server.port, { user: 'secured' })))
    assert.equal(error.code, 'Database.AuthenticationFailed')
    assert.match(error.message, /offers TLS and the endpoint has it switched off/)
  })

  test('a user who must show a certificate of its own is refused by TLS too, without a word of TLS being off', async () => {
    await create('certified', `${words} REQUIRE X509`)
    const error = await rejection(openSession(at(server.port, { user: 'certified', tls: VERIFY })))
    assert.equal(error.code, 'Database.AuthenticationFailed')
    assert.match(error.message, /REQUIRE X509/)
    assert.doesNotMatch(error.message, /switched off/)
  })

  test('a server that insists on TLS: MariaDB says it like a wrong password, MySQL with a number of its own', async () => {
    await create('anybody', words)
    await server.query('SET GLOBAL require_secure_transport = ON')
    const error = await rejection(openSession(at(server.port, { user: 'anybody' })))
    assert.equal(error.code, 'Database.AuthenticationFailed')
    assert.match(error.message, /offers TLS and the endpoint has it switched off/)
    await using session = await openSession(at(server.port, { user: 'anybody', tls: VERIFY }))
    assert.equal((await session.serverInfo()).product, 'MariaDB')

    const insecure = Buffer.from('\xff\x57\x0c#HY000Connections using insecure transport are prohibited', 'latin1')
    await using mysql = await startScriptedMysql({ answers: [insecure], tls: TLS })
    assert.equal((await rejection(openSession(at(mysql.port)))).code, 'Endpoint.TlsRequired')
  })

  test('a locked account, an expired password, too many connections of one user', async () => {
    await using own = await startMariadb()
    await own.query(`CREATE USER locked@'%' ${words} ACCOUNT LOCK`)
    await own.query(`CREATE USER expired@'%' ${words} PASSWORD EXPIRE`)
    await own.query(`CREATE USER single@'%' ${words} WITH MAX_USER_CONNECTIONS 1`)
    assert.equal((await rejection(openSession(at(own.port, { user: 'locked' })))).code, 'Database.AccountLocked')
    // An expired password lets one in and then refuses every statement.
    await using expired = await openSession(at(own.port, { user: 'expired' }))
    assert.equal((await rejection(expired.listDatabases())).code, 'Database.AccountLocked')
    await using first = await openSession(at(own.port, { user: 'single' }))
    const second = await rejection(openSession(at(own.port, { user: 'single' })))
    assert.equal(second.code, 'Database.TooManyConnections')
    assert.equal((await first.serverInfo()).product, 'MariaDB')
  })

  test('a full server and a host that is not allowed say so in the place of their greeting', async () => {
    await using own = await startMariadb({ args: ['--max-connections=10'] })
    await own.query(`CREATE USER elsewhere@'10.9.9.9' ${words}`)
    const refused = await rejection(openSession(at(own.port, { user: 'elsewhere' })))
    assert.equal(refused.code, 'Database.AuthenticationFailed')
    const sockets = Array.from({ length: 12 }, () => connect(own.port, '127.0.0.1').on('error', () => {}))
    try {
      await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('data', resolve))))
      const full = await rejection(openSession(at(own.port)))
      assert.equal(full.code, 'Database.TooManyConnections')
      assert.match(full.message, /Too many connections/)
    } finally {
      for (const socket of sockets) socket.destroy()
    }
  })

  test('statements carry the mark, run read-only and end by the server too', async () => {
    await using own = await startMariadb()
    await own.query(`CREATE USER ${USER}@'%' ${words}`)
    await own.query("SET GLOBAL log_output = 'TABLE'")
    await own.query('SET GLOBAL general_log = ON')
    {
      await using session = await openSession(at(own.port, { queryMs: 7000 }))
      await session.listDatabases()
    }
    await own.query('SET GLOBAL general_log = OFF')
    const rows = await own.query(
      `SELECT CONVERT(argument USING utf8mb4) AS sql_text FROM mysql.general_log
       WHERE command_type = 'Query' AND user_host LIKE '${USER}%' ORDER BY event_time`,
    )
    const ours = rows.map((row) => String(row['sql_text']))
    assert.ok(ours.length >= 4, ours.join('\n'))
    assert.deepEqual(
      ours.filter((sql) => !sql.startsWith('/* postern */') && !/^SET NAMES/i.test(sql)),
      [],
    )
    assert.ok(ours.some((sql) => sql.includes('tx_read_only = ON')))
    assert.ok(ours.some((sql) => sql.includes('max_statement_time = 7')))
  })
})

describe('what a server may ask for during a MySQL login', { timeout: 60_000 }, () => {
  const clear = [
    { plugin: 'mysql_clear_password', answers: [switchTo('mysql_clear_password'), OK] },
    { plugin: 'sha256_password', answers: [switchTo('sha256_password'), OK] },
    { plugin: 'dialog', answers: [switchTo('dialog', Buffer.from('\x04Password: ')), OK] },
    { plugin: 'caching_sha2_password', answers: [switchTo('caching_sha2_password'), moreData(4), OK] },
  ]
  for (const { plugin, answers } of clear) {
    test(`${plugin}: the password goes out over verified TLS only, and never where the caller chose the address`, async () => {
      await using plain = await startScriptedMysql({ answers })
      const refused = await rejection(openSession(at(plain.port)))
      assert.equal(refused.code, 'Database.AuthenticationUnsupported', refused.message)
      assert.match(refused.message, new RegExp(plugin))
      assert.ok(!plain.received().includes(SECRET))

      await using chosen = await startScriptedMysql({ answers, tls: TLS })
      const strict = await rejection(openSession(at(chosen.port, { tls: VERIFY, strictLogin: true })))
      assert.equal(strict.code, 'Database.AuthenticationUnsupported', strict.message)
      assert.ok(!chosen.received().includes(SECRET))

      await using secured = await startScriptedMysql({ answers, tls: TLS })
      const session = await openSession(at(secured.port, { tls: VERIFY }))
      assert.ok(secured.received().includes(Buffer.concat([SECRET, Buffer.from([0])])))
      await session[Symbol.asyncDispose]()
    })

    test(`${plugin} as the greeting's own: by verified TLS, never in clear either`, async () => {
      await using plain = await startScriptedMysql({ plugin, answers })
      const refused = await rejection(openSession(at(plain.port)))
      assert.equal(refused.code, 'Database.AuthenticationUnsupported', refused.message)
      assert.ok(!plain.received().includes(SECRET))

      await using secured = await startScriptedMysql({ plugin, answers, tls: TLS })
      const session = await openSession(at(secured.port, { tls: VERIFY }))
      assert.ok(secured.received().includes(Buffer.concat([SECRET, Buffer.from([0])])))
      await session[Symbol.asyncDispose]()
    })
  }

  for (const tls of [{ mode: 'off' }, VERIFY] as const) {
    test(`caching_sha2_password that the server has cached, TLS ${tls.mode}: a proof goes out, not the password`, async () => {
      const seed = Buffer.from(Array.from({ length: 20 }, () => randomInt(1, 128)))
      const asked = switchTo('caching_sha2_password', Buffer.concat([seed, Buffer.alloc(1)]))
      const answers = [asked, [moreData(FAST_AUTHENTICATION), OK]]
      const secured = tls.mode === 'off' ? {} : { tls: TLS }
      await using server = await startScriptedMysql({ plugin: 'caching_sha2_password', answers, ...secured })
      const session = await openSession(at(server.port, { tls }))
      assert.deepEqual(payloadsOf(server.received()).at(-1), sha2Proof(PASSWORD, seed))
      assert.ok(!server.received().includes(SECRET))
      await session[Symbol.asyncDispose]()
    })
  }

  test('without TLS no public key of the server is asked for, as nobody vouches for it', async () => {
    for (const plugin of ['caching_sha2_password', 'sha256_password']) {
      await using server = await startScriptedMysql({ plugin, answers: [switchTo(plugin), moreData(4), OK] })
      const error = await rejection(openSession(at(server.port)))
      assert.equal(error.code, 'Database.AuthenticationUnsupported', error.message)
      assert.match(error.message, /needs verified TLS/)
      // The request for the key is a packet of one byte.
      const lengths = payloadsOf(server.received()).map(({ length }) => length)
      assert.ok(!lengths.includes(1), lengths.join(', '))
    }
  })

  test('old passwords, unknown plugins and further factors are refused by name', async () => {
    const cases = [
      { answer: Buffer.from([0xfe]), names: /mysql_old_password/ },
      { answer: switchTo('authentication_webauthn'), names: /authentication_webauthn/ },
      {
        answer: Buffer.concat([Buffer.from([2]), Buffer.from('mysql_clear_password\0')]),
        names: /more than a password/,
      },
    ]
    for (const { answer, names } of cases) {
      await using server = await startScriptedMysql({ answers: [answer] })
      const error = await rejection(openSession(at(server.port)))
      assert.equal(error.code, 'Database.AuthenticationUnsupported')
      assert.match(error.message, names)
    }
  })

  test('a second demand for the password is not answered', async () => {
    const answers = [switchTo('mysql_clear_password'), switchTo('mysql_native_password'), moreData(4), OK]
    await using server = await startScriptedMysql({ answers, tls: TLS })
    const error = await rejection(openSession(at(server.port, { tls: VERIFY })))
    assert.match(error.code, /^(Database|Endpoint)\./)
    assert.equal(server.received().toString('latin1').split(PASSWORD).length, 2)
  })

  test('without TLS nothing is sent, not even the user', async () => {
    await using server = await startScriptedMysql({ answers: [OK] })
    const error = await rejection(openSession(at(server.port, { tls: VERIFY })))
    assert.equal(error.code, 'Endpoint.TlsRefused')
    assert.equal(server.received().length, 0)
  })

  test('before the certificate is verified only the wish for TLS is sent', async () => {
    await using server = await startScriptedMysql({ answers: [OK], tls: makeAuthority().issue(['127.0.0.1']) })
    const error = await rejection(openSession(at(server.port, { tls: VERIFY })))
    assert.equal(error.code, 'Endpoint.TlsUntrusted')
    assert.equal(server.received().length, 36)
    assert.ok(!server.received().includes(USER))
  })

  test('bytes in clear before TLS begins do not count as said under it', async () => {
    const early = Buffer.concat([Buffer.from([OK.length, 0, 0, 3]), OK])
    await using server = await startScriptedMysql({ answers: [], tls: TLS, early })
    const error = await rejection(openSession(at(server.port, { tls: VERIFY })))
    assert.equal(error.code, 'Endpoint.WrongProtocol')
  })

  test('a server that floods behind its greeting, while the password is read, is ended', async () => {
    await using server = await startScriptedMysql({ answers: [], early: Buffer.alloc(1024 * 1024) })
    const error = await rejection(openSession(at(server.port, { password: neverComes, connectMs: 20_000 })))
    assert.equal(error.code, 'Endpoint.WrongProtocol')
  })

  test('a server that asks for a file gets none', async () => {
    const demand = Buffer.from('\xfb/etc/passwd', 'latin1')
    await using server = await startScriptedMysql({ answers: [OK, demand] })
    await using session = await openSession(at(server.port))
    const error = await rejection(session.listDatabases())
    assert.equal(error.code, 'Endpoint.WrongProtocol', error.message)
    assert.ok(!server.received().includes('root:'))
  })

  test('a server that repeats the password in its words does not get it into an error', async () => {
    const words = Buffer.from(`\xff\x15\x04#28000Denied for ${PASSWORD}`, 'latin1')
    await using server = await startScriptedMysql({ answers: [switchTo('mysql_clear_password'), words], tls: TLS })
    const error = await rejection(openSession(at(server.port, { tls: VERIFY })))
    assert.equal(error.code, 'Database.AuthenticationFailed')
    assert.match(error.message, /Denied for \*\*\*/)
    assert.ok(!inspect(error, { depth: 20, showHidden: true }).includes(PASSWORD))
  })
})

test('a server that says more than it was asked right after the login is no MySQL, and no fault of ours', async () => {
  await using server = await startScriptedMysql({ answers: [Array.from({ length: 300 }, () => OK)] })
  const login = openSession({ engine: 'MySQL', port: server.port })
  const error = await rejection(login.then((session) => session.listDatabases()))
  assert.equal(error.code, 'Endpoint.WrongProtocol', error.message)
})
