import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { inspect } from 'node:util'
import type { EngineSession } from '../../src/engines/engine.ts'
import { compareCodePoints } from '../../src/model/listing.ts'
import { makeAuthority, makeSelfSigned } from '../fixtures/certificates.ts'
import { startFaultProxy } from '../fixtures/fault-proxy.ts'
import { freePort } from '../fixtures/free-port.ts'
import { startSilentServer } from '../fixtures/silent-server.ts'
import { type Login, neverComes, openSession, PASSWORD, rejection, USER } from './engine-session.ts'
import type { EngineUnderTest, TestDatabase } from './engine-under-test.ts'
import { addressOf, type GivenServer, givenServer, variableOf } from './given-server.ts'
import { SERVER_NOTE } from './server-note.ts'

const AUTHORITY = makeAuthority()
const CERTIFICATE = AUTHORITY.issue(['db.test', '127.0.0.1'])
const CA = { ca: AUTHORITY.certificate }
/** Generous: a deadline has passed long before, a hang is noticed all the same. */
const SOON_MS = 5000

/**
 * The contract of `Engine`, for every kind of server: on a server of the suite's own, and on the one that the environment
 * names (given-server.ts), as far as somebody else's server allows.
 */
export function engineSuite(engine: EngineUnderTest) {
  const where = engine.server ?? (engine.version === undefined ? undefined : `on version ${engine.version}`)
  const on = where === undefined ? '' : ` ${where}`
  suiteOn(engine, { title: `${engine.name} as an engine${on}`, skip: engine.skip })
  // The given server is the first one's.
  if (engine.version !== undefined) return
  const name = engine.givenAs
  const given = givenServer(name)
  const title = `${name} as an engine on a given server`
  // Without a server there is one case to count as skipped, not all of them.
  if (given === undefined) test(title, { skip: `${variableOf(name)} names no server` }, () => {})
  else suiteOn({ ...engine, name }, { title, skip: false, given })
}

interface Where {
  readonly title: string
  readonly skip: string | false
  readonly given?: GivenServer
}

function suiteOn(engine: EngineUnderTest, { title, skip, given }: Where) {
  /** For cases that make users, databases or servers of their own, or look at the sessions of others. */
  const ours = (why: string) => ({ skip: given !== undefined && `on a given server: ${why}` })
  const user = given?.user ?? USER
  const password = given?.password ?? PASSWORD
  describe(title, { skip, timeout: 120_000 }, () => {
    const stack = new AsyncDisposableStack()
    let database: TestDatabase
    /** Of the server; proxies and impostors are on 127.0.0.1. */
    let address = '127.0.0.1'
    let target: { host: string; port: number }
    before(async () => {
      if (given === undefined) {
        database = stack.use(await engine.start({ tls: CERTIFICATE }))
        await database.createUser(USER, PASSWORD)
      } else address = await addressOf(given)
      target = { host: address, port: given?.port ?? database.port }
    })
    after(() => stack.disposeAsync())
    const login = (over: Partial<Login> = {}): Login => ({
      engine: engine.name,
      ...(over.port === undefined ? { address } : {}),
      // Through a proxy too it is the server's own name that its certificate is for.
      ...(given === undefined ? {} : { host: given.host, tls: given.tls }),
      port: over.tls?.mode === 'verify' && given === undefined ? portForTls(database) : target.port,
      user,
      password,
      ...(given?.database === undefined
        ? {}
        : engine.name === 'Oracle'
          ? { serviceName: given.database }
          : { database: given.database }),
      ...over,
    })

    test('row 17: lists exact names with their system flags, by code point', ours('makes databases'), async () => {
      for (const name of engine.names) await database.createDatabase(name)
      await using session = await openSession(login())
      const { databases, visibility, warnings } = await session.listDatabases()
      const names = [...databases].filter(({ system }) => !system).map(({ name }) => name)
      assert.deepEqual(names, [...engine.names, ...engine.others].toSorted(compareCodePoints))
      const system = [...databases].filter((record) => record.system).map(({ name }) => name)
      assert.deepEqual(system, engine.system)
      const all = [...databases].map(({ name }) => name)
      assert.deepEqual(all, all.toSorted(compareCodePoints))
      assert.equal(visibility, 'complete')
      assert.deepEqual(warnings, [])
    })

    test("lists the server's own databases, complete and by code point", async () => {
      await using session = await openSession(login())
      const { databases, visibility, warnings } = await session.listDatabases()
      const all = [...databases].map(({ name }) => name)
      assert.deepEqual(all, all.toSorted(compareCodePoints))
      assert.equal(new Set(all).size, all.length)
      assert.equal(visibility, 'complete', JSON.stringify(warnings))
      const system = [...databases].filter((record) => record.system).map(({ name }) => name)
      for (const name of engine.system) assert.ok(system.includes(name), `${name} is not among ${system.join(', ')}`)
    })

    test('tells what server answered', async (context) => {
      await using session = await openSession(login())
      const { product, version } = await session.serverInfo()
      const real = given !== undefined || engine.server === undefined
      context.diagnostic(SERVER_NOTE + JSON.stringify({ suite: title, engine: engine.name, product, version, real }))
      if (given === undefined) assert.equal(product, engine.product)
      assert.ok(product.length > 0)
      assert.match(version, /^\d+\.\d+/)
    })

    test('names its steps in the order in which they come', ours('needs a certificate of ours'), async () => {
      const steps: string[] = []
      await using session = await openSession(
        login({ tls: { mode: 'verify', ...CA }, onStep: (step) => steps.push(step) }),
      )
      await session.listDatabases()
      assert.deepEqual(
        steps.filter((step) => step !== 'privilege'),
        ['connect', 'tls', 'login', 'list'],
      )
    })

    test('a wrong password is tried once, and named nowhere', async () => {
      await using proxy = await startFaultProxy(target)
      const wrong = 'not-the-password-9d1c'
      const error = await rejection(openSession(login({ port: proxy.port, password: wrong })))
      assert.equal(error.code, 'Database.AuthenticationFailed')
      assert.ok(error.message.includes(user), error.message)
      assert.equal(proxy.accepted, 1, 'accounts lock: one attempt')
      assert.doesNotMatch(everything(error), /9d1c/)
    })

    test('a password that cannot be read, and one that does not come', ours('counts its sessions'), async () => {
      const cause = new Error('no such file')
      const unreadable = await rejection(openSession(login({ password: () => Promise.reject(cause) })))
      assert.equal(unreadable.code, 'Internal')
      assert.equal(unreadable.cause, cause)
      const late = await rejection(openSession(login({ password: neverComes, connectMs: 300 })))
      assert.equal(late.code, 'Endpoint.ConnectTimedOut')
      await until(async () => (await database.sessionsOf(USER)) === 0)
    })

    test('an unknown user is refused like a wrong password', async () => {
      const error = await rejection(openSession(login({ user: 'nobody_here' })))
      assert.equal(error.code, 'Database.AuthenticationFailed')
      assert.match(error.message, /nobody_here/)
      assert.ok(!everything(error).includes(password))
    })

    test('a port where nothing listens', async () => {
      const error = await rejection(openSession(login({ port: await freePort() })))
      assert.equal(error.code, 'Endpoint.ConnectionRefused')
      assert.match(error.message, /Step connect.* after \d+ ms/)
    })

    test('a port that accepts and says nothing ends at the deadline, with the step (peers case 9)', async () => {
      await using silent = await startSilentServer()
      for (const tls of [{ mode: 'off' }, { mode: 'verify' }] as const) {
        const started = performance.now()
        const error = await rejection(openSession(login({ port: silent.port, connectMs: 400, tls })))
        assert.equal(error.code, 'Endpoint.ConnectTimedOut')
        assert.match(error.message, /Step (connect|tls|login)/)
        assert.ok(performance.now() - started < SOON_MS)
      }
    })

    test('a port that closes at once', async () => {
      await using closing = await startSilentServer((socket) => socket.end())
      for (const tls of [{ mode: 'off' }, { mode: 'verify' }] as const) {
        const error = await rejection(openSession(login({ port: closing.port, tls })))
        assert.equal(error.code, 'Endpoint.ConnectionReset')
      }
    })

    test('an HTTP server', async () => {
      const http = createServer((_request, response) => void response.end())
      await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
      const bound = http.address()
      const port = typeof bound === 'object' && bound !== null ? bound.port : 0
      try {
        for (const tls of [{ mode: 'off' }, { mode: 'verify' }] as const) {
          const error = await rejection(openSession(login({ port, connectMs: 1000, tls })))
          assert.equal(error.code, 'Endpoint.WrongProtocol')
          assert.match(error.message, /"HTTP\/1\.1 400 .*HTTP server/)
        }
      } finally {
        http.closeAllConnections()
        await new Promise((resolve) => http.close(resolve))
      }
    })

    for (const { what, greeting, expected } of SPEAKERS) {
      test(`${what} answers`, async () => {
        await using other = await startSilentServer((socket) => socket.write(greeting))
        for (const tls of [{ mode: 'off' }, { mode: 'verify' }] as const) {
          const error = await rejection(openSession(login({ port: other.port, tls })))
          assert.equal(error.code, 'Endpoint.WrongProtocol', error.message)
          assert.match(error.message, expected)
          const seen = /It said[^"]*"(.*)"\./.exec(error.message)?.[1]
          assert.ok(seen !== undefined && seen.length <= 64 && /^[\x20-\x7e]*$/.test(seen), error.message)
        }
      })
    }

    test('a Redis, which waits for the client', { skip: engine.answersLikeRedis === true && 'it is one' }, async () => {
      await using redis = await startSilentServer((socket) => {
        socket.on('data', (bytes) => {
          if (bytes.includes('\n')) socket.write('-ERR unknown command\r\n')
        })
      })
      for (const tls of [{ mode: 'off' }, { mode: 'verify' }] as const) {
        const error = await rejection(openSession(login({ port: redis.port, connectMs: 800, tls })))
        assert.equal(error.code, 'Endpoint.WrongProtocol')
        assert.match(error.message, /Redis/)
      }
    })

    test('the other engine answers', async (context) => {
      const other = await engine.startOther?.()
      if (other === undefined) return context.skip('the other server is not on this machine')
      await using running = other
      for (const tls of [{ mode: 'off' }, { mode: 'verify', ...CA }] as const) {
        const error = await rejection(openSession(login({ port: running.port, connectMs: 1500, tls })))
        assert.equal(error.code, 'Endpoint.WrongProtocol')
        assert.match(error.message, engine.otherLooksLike)
      }
    })

    test(
      'TLS: verified by name, by address and by a name of its own',
      ours('needs a certificate of ours'),
      async () => {
        for (const tls of [
          { mode: 'verify', ...CA },
          { mode: 'verify', ...CA, serverName: 'db.test' },
          { mode: 'verify', ...CA, serverName: '127.0.0.1' },
        ] as const) {
          const host = 'serverName' in tls ? 'elsewhere.test' : 'db.test'
          await using session = await openSession(login({ tls, host }))
          assert.equal(await database.usesTls(session), true)
        }
      },
    )

    test('TLS: an authority that is not ours, and a wrong name', ours('needs a certificate of ours'), async () => {
      const stranger = makeAuthority('A stranger').certificate
      const cases = [
        { tls: { mode: 'verify' }, why: /CN=db\.test.*Postern test authority.*(unable|self-signed)/ },
        { tls: { mode: 'verify', ca: stranger }, why: /CN=db\.test.*issued by/ },
        { tls: { mode: 'verify', ...CA }, host: 'other.test', why: /CN=db\.test.*other\.test/ },
        { tls: { mode: 'verify', ...CA, serverName: '127.0.0.2' }, why: /127\.0\.0\.2/ },
      ] as const
      for (const { tls, why, ...where } of cases) {
        const error = await rejection(openSession(login({ tls, host: 'db.test', ...where })))
        assert.equal(error.code, 'Endpoint.TlsUntrusted', error.message)
        assert.match(error.message, why)
      }
    })

    test('TLS: self-signed and expired certificates, and a server without TLS', ours('starts servers'), async () => {
      await using plain = await engine.start({})
      await plain.createUser(USER, PASSWORD)
      const refused = await rejection(openSession(login({ port: plain.port, tls: { mode: 'verify', ...CA } })))
      assert.equal(refused.code, 'Endpoint.TlsRefused')
      for (const tls of [makeSelfSigned(['127.0.0.1']), AUTHORITY.issue(['127.0.0.1'], { expired: true })]) {
        await using server = await engine.start({ tls })
        await server.createUser(USER, PASSWORD)
        const ca = tls.ca === AUTHORITY.certificate ? CA : {}
        const error = await rejection(openSession(login({ port: portForTls(server), tls: { mode: 'verify', ...ca } })))
        assert.equal(error.code, 'Endpoint.TlsUntrusted')
        assert.match(error.message, /self-signed|expired/)
      }
    })

    test(
      'row 30: where the caller chooses the address, nothing is dialled without TLS',
      ours('needs a certificate of ours'),
      async () => {
        await using proxy = await startFaultProxy(target)
        const error = await rejection(openSession(login({ port: proxy.port, strictLogin: true })))
        assert.equal(error.code, 'Endpoint.NotAllowed')
        assert.equal(proxy.accepted, 0)
        await using session = await openSession(login({ strictLogin: true, tls: { mode: 'verify', ...CA } }))
        assert.ok((await session.listDatabases()).databases.length > 0)
      },
    )

    test('abort: during the login and during the list, with the reason of the signal', async () => {
      await using proxy = await startFaultProxy(target, { blackHole: 'toClient' })
      const early = new AbortController()
      const connecting = rejection(openSession(login({ port: proxy.port, signal: early.signal, connectMs: 60_000 })))
      await proxy.connected()
      early.abort()
      assert.equal((await connecting).code, 'Task.Cancelled')

      proxy.faults.blackHole = 'none'
      const late = new AbortController()
      await using session = await openSession(login({ port: proxy.port, signal: late.signal, queryMs: 60_000 }))
      proxy.faults.blackHole = 'toClient'
      const listing = rejection(session.listDatabases())
      const reason = await rejection(openSession(login({ port: await freePort() })))
      late.abort(reason)
      assert.equal(await listing, reason)
    })

    test('a query that is not answered ends at its deadline, with the step (peers case 9)', async () => {
      await using proxy = await startFaultProxy(target)
      await using session = await openSession(login({ port: proxy.port, queryMs: 300 }))
      proxy.faults.blackHole = 'toClient'
      const error = await rejection(session.listDatabases())
      assert.equal(error.code, 'Task.ExecutionTimedOut')
      assert.match(error.message, /Step (privilege|list)/)
    })

    test('a connection that breaks anywhere is a reset, never a hang and never a fault of ours', async () => {
      await using proxy = await startFaultProxy(target)
      {
        await using session = await openSession(login({ port: proxy.port }))
        await session.listDatabases()
      }
      const whole = proxy.fromServer
      const pieces = 60
      for (let piece = 0; piece < pieces; piece++) {
        const bytesToClient = Math.floor((whole * piece) / pieces)
        proxy.faults.limit = { bytesToClient, action: piece % 2 === 0 ? 'end' : 'reset' }
        const error = await rejection(listOnce(login({ port: proxy.port })))
        assert.equal(error.code, 'Endpoint.ConnectionReset', `after ${bytesToClient} bytes: ${error.message}`)
      }
    })

    test('a peer that never stops talking is ended', async () => {
      for (const greeting of [
        Buffer.from([0xff, 0xff, 0xff, 0, 10]),
        Buffer.from('R\x7f\xff\xff\xff'),
        Buffer.from('S'),
      ]) {
        let sent = 0
        await using flood = await startSilentServer((socket) => {
          const more = () => {
            while (!socket.destroyed && sent < 512 * 1024 * 1024) {
              sent += 65_536
              if (!socket.write(Buffer.alloc(65_536, 10))) break
            }
          }
          socket.write(greeting)
          socket.on('drain', more)
          more()
        })
        const error = await rejection(openSession(login({ port: flood.port })))
        assert.match(error.code, /^Endpoint\./)
        assert.ok(sent < 64 * 1024 * 1024, `${sent} bytes`)
      }
    })

    test('a DBA recognises the connection, and disposing leaves none', ours('looks at its sessions'), async () => {
      {
        await using session = await openSession(login())
        await session.listDatabases()
        assert.match(await database.markOf(USER), /postern-gateway/)
        assert.equal(await database.sessionsOf(USER), 1)
      }
      await until(async () => (await database.sessionsOf(USER)) === 0)
    })

    test('disposing ends within a second, whatever the server does', async () => {
      await using proxy = await startFaultProxy(target)
      const session = await openSession(login({ port: proxy.port }))
      proxy.faults.blackHole = 'both'
      const started = performance.now()
      await session[Symbol.asyncDispose]()
      assert.ok(performance.now() - started < 1500)
      await until(async () => proxy.open === 0)
    })

    test('the grants are statements that name the user', () => {
      const grants = engine.grants('o`d"d')
      assert.match(grants.at(-1)?.statement ?? '', /o.?`d/)
      for (const grant of grants) {
        // MongoDB makes a role first, which is nobody's yet.
        assert.match(grant.statement, /^((GRANT|ALTER USER|ACL SETUSER) .*o.?`d|db\.)/)
        assert.ok(grant.why.length > 0)
      }
    })
  })
}

const portForTls = (database: TestDatabase) => database.tlsPort ?? database.port

const SPEAKERS = [
  {
    what: 'an SSH server',
    greeting: 'SSH-2.0-OpenSSH_9.2p1\r\n',
    expected: /"SSH-2\.0-OpenSSH_9\.2p1\.\.".*SSH server/,
  },
  { what: 'a mail server', greeting: '220 mail.test ESMTP\r\n', expected: /mail or FTP/ },
  { what: 'garbage', greeting: Buffer.alloc(500, 0xee), expected: /It said/ },
]

async function listOnce(login: Login): Promise<EngineSession> {
  await using session = await openSession(login)
  await session.listDatabases()
  return session
}

/** An error with all its causes and properties, as a careless log would print it. */
const everything = (error: Error) => inspect(error, { depth: 20, showHidden: true }) + error.stack

async function until(holds: () => Promise<boolean>) {
  const end = performance.now() + SOON_MS
  while (!(await holds())) {
    assert.ok(performance.now() < end, 'did not happen in time')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
