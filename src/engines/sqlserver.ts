import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Connection } from 'tedious'
import { z } from 'zod'
import { VERSION } from '../base/version.ts'
import { PosternError } from '../model/errors.ts'
import { driverVerdict } from './driver-verdict.ts'
import type { ConnectOptions, Endpoint, Engine, EngineSession } from './engine.ts'
import { GuardedStream } from './guarded-stream.ts'
import { readPassword } from './read-password.ts'
import { explainSqlserver, type SqlserverRefusal } from './sqlserver-errors.ts'
import { SqlserverLogin } from './sqlserver-login.ts'
import { type Prelogin, prelogin } from './sqlserver-prelogin.ts'
import { SqlserverSession } from './sqlserver-session.ts'
import { LoginCover, secureInPrelogin } from './sqlserver-tls.ts'
import { viewAnyDatabaseGrant } from './sqlserver-visibility.ts'
import { Wire } from './wire.ts'

const DAY_MS = 24 * 3600_000
const MOST_REFUSALS = 10

export const sqlserverEngine: Engine = {
  name: 'MSSQL',
  defaultPort: 1433,
  maturity: 'preview',
  grantsAre: 'SQL',
  connect,
  grants: (user) => [
    {
      statement: viewAnyDatabaseGrant(user),
      why: 'Shows the names of all databases and lets the login read nothing in them.',
    },
  ],
}

/** How far a connection has come when the driver gets it. */
interface Opened {
  readonly wire: Wire
  readonly answer: Prelogin
  readonly cover?: LoginCover
  readonly strict: boolean
}

async function connect(endpoint: Endpoint, options: ConnectOptions): Promise<EngineSession> {
  const opened = await open(endpoint, options)
  const { wire } = opened
  try {
    wire.enter('login')
    const password = await readPassword(wire)
    const session = await login(opened, password)
    wire.leave()
    return session
  } catch (error) {
    wire.close()
    throw error
  }
}

/** Everything before the login: with TLS on, nothing secret has left before chain and name of the certificate were verified. */
async function open(endpoint: Endpoint, options: ConnectOptions): Promise<Opened> {
  try {
    return await openClassic(endpoint, options)
  } catch (error) {
    if (endpoint.tls.mode === 'off' || !mayWantTlsFirst(error)) throw error
    return await openStrict(endpoint, options, error)
  }
}

async function openClassic(endpoint: Endpoint, options: ConnectOptions): Promise<Opened> {
  const wire = await Wire.dial(endpoint, options)
  try {
    if (endpoint.tls.mode === 'verify') {
      wire.enter('tls')
      const answer = await prelogin(wire, 'on')
      if (answer.encryption === 'off' || answer.encryption === 'not supported')
        throw wire.fail(new PosternError('Endpoint.TlsRefused'))
      await secureInPrelogin(wire)
      return { wire, answer, strict: false }
    }
    wire.enter('login')
    const answer = await prelogin(wire, 'off')
    if (answer.encryption === 'on' || answer.encryption === 'required')
      throw wire.fail(new PosternError('Endpoint.TlsRequired', { reason: 'The server forces encryption.' }))
    if (answer.encryption === 'not supported') return { wire, answer, strict: false }
    return { wire, answer, cover: await LoginCover.begin(wire), strict: false }
  } catch (error) {
    wire.close()
    throw error
  }
}

/** TDS 8: TLS from the first byte. Where there is no TLS either, `why` is what it failed with before. */
async function openStrict(endpoint: Endpoint, options: ConnectOptions, why: unknown): Promise<Opened> {
  const wire = await Wire.dial(endpoint, options)
  try {
    await wire.secure({ ALPNProtocols: ['tds/8.0'] })
    return { wire, answer: await prelogin(wire, 'on'), strict: true }
  } catch (error) {
    wire.close()
    const verdict = error instanceof PosternError && (wire.verified || error.entry === 'Endpoint.TlsUntrusted')
    throw verdict || options.signal.aborted ? error : why
  }
}

/** A server that takes TDS 8 only ends what begins in clear, with an alert of TLS or without a word. */
function mayWantTlsFirst(error: unknown): boolean {
  if (!(error instanceof PosternError)) return false
  if (error.entry === 'Endpoint.ConnectionReset') return true
  return error.entry === 'Endpoint.WrongProtocol' && error.message.includes('expects TLS from the first byte')
}

async function login(opened: Opened, password: string): Promise<EngineSession> {
  const { wire } = opened
  const watcher = new SqlserverLogin(wire, { answer: opened.answer, cover: opened.cover })
  const connection = openDriver(opened, { password, watcher })
  const refusals: SqlserverRefusal[] = []
  const onRefusal = ({ number, message }: SqlserverRefusal) => {
    if (refusals.length < MOST_REFUSALS) refusals.push({ number, message })
  }
  connection.on('errorMessage', onRefusal)
  // The wire tells what ended it; without a listener the driver's own word would end the process.
  connection.on('error', () => {})
  const first = new Promise<void>((resolve, reject) => {
    connection.connect((error) => (error ? reject(error) : resolve()))
  })
  try {
    await wire.settle(first)
  } catch (caught) {
    const error = explainSqlserver(await driverVerdict(first, caught), { wire, password, refusals })
    connection.close()
    throw error
  }
  connection.off('errorMessage', onRefusal)
  return new SqlserverSession(connection, { wire, password, rowCame: () => watcher.rowCame() })
}

function openDriver(opened: Opened, as: { password: string; watcher: SqlserverLogin }): Connection {
  const { wire, strict } = opened
  const { endpoint } = wire
  let used = false
  return new Connection({
    server: endpoint.address,
    authentication: { type: 'default', options: { userName: endpoint.user, password: as.password } },
    options: {
      // The driver asks again when a server sends it elsewhere, and then says where; ours is one login, to one address.
      connector: async (elsewhere?: unknown) => {
        if (used) throw wire.fail(notFollowed(elsewhere, endpoint))
        used = true
        const stream = new GuardedStream(wire, as.watcher)
        setImmediate(() => stream.start())
        if (!isSocketEnough(stream)) throw new PosternError('Internal')
        return stream
      },
      port: endpoint.port,
      database: endpoint.database ?? 'master',
      // TLS is under the stream already.
      encrypt: false,
      tdsVersion: strict ? '8_0' : '7_4',
      appName: `postern-gateway/${VERSION}`,
      workstationId: 'postern-gateway',
      readOnlyIntent: false,
      multiSubnetFailover: false,
      maxRetriesOnTransientErrors: 0,
      // The wire has the deadlines.
      connectTimeout: DAY_MS,
      requestTimeout: 0,
    },
  })
}

const whereTo = z.object({ host: z.string(), port: z.number() })

function notFollowed(elsewhere: unknown, endpoint: Endpoint): PosternError {
  const named = whereTo.safeParse(elsewhere)
  const address = named.success ? `${named.data.host.slice(0, 255)} port ${named.data.port}` : 'another address'
  if (named.success && named.data.host === endpoint.address && named.data.port === endpoint.port)
    return new PosternError('Endpoint.ConnectionReset')
  return new PosternError('Endpoint.NotAllowed', {
    reason: `The server at ${endpoint.address} port ${endpoint.port} sends its clients to ${address}, and what a server names is not dialled. Configure that as an endpoint of its own.`,
  })
}

/** What the driver uses of a socket is there: it is declared to want more. */
function isSocketEnough(stream: Duplex): stream is Socket {
  return 'setNoDelay' in stream && 'setKeepAlive' in stream
}
