import type { OracleConnection } from 'oracledb'
import { PosternError } from '../model/errors.ts'
import { driverVerdict } from './driver-verdict.ts'
import type { ConnectOptions, Endpoint, Engine, EngineSession } from './engine.ts'
import { GuardedStream } from './guarded-stream.ts'
import { logInOver } from './oracle-driver.ts'
import { explainOracle, type OracleCircumstances } from './oracle-errors.ts'
import { oracleGrants } from './oracle-grants.ts'
import { looksLikeListener, OracleLogin } from './oracle-login.ts'
import { OracleSession } from './oracle-session.ts'
import { readPassword } from './read-password.ts'
import { secureOrExplain } from './whole-port-tls.ts'
import { Wire } from './wire.ts'

/** Oracle Database 12.1 and later, which is what the vendor's driver speaks without the vendor's client libraries. */
export const oracleEngine: Engine = {
  name: 'Oracle',
  maturity: 'preview',
  defaultPort: 1521,
  grantsAre: 'SQL',
  connect,
  grants: oracleGrants,
}

const CALLED = 'postern-gateway'
/** The driver asks the server to stop a statement a little before the wire gives up. */
const OF_DEADLINE = 0.9
/** What `tnsping` asks: a listener answers it whatever its services are. */
const PING = '(CONNECT_DATA=(COMMAND=ping))'

async function connect(endpoint: Endpoint, options: ConnectOptions): Promise<EngineSession> {
  const service = serviceOf(endpoint)
  const wire = await Wire.dial(endpoint, options)
  try {
    if (endpoint.tls.mode === 'verify')
      await secureOrExplain(wire, options, { bytes: pingPacket(), isAnswer: looksLikeListener })
    wire.enter('login')
    // A listener waits for the client to speak; the password is used only after it has answered as a listener does.
    const about = { wire, password: await readPassword(wire) }
    const connection = await logIn(about, service)
    connection.callTimeout = Math.max(1, Math.floor(options.queryMs * OF_DEADLINE))
    wire.leave()
    return new OracleSession(connection, about)
  } catch (error) {
    wire.close()
    throw error
  }
}

async function logIn(about: OracleCircumstances, service: string): Promise<OracleConnection> {
  const { wire, password } = about
  const { address, port, user } = wire.endpoint
  wire.probeSilence()
  // A whole descriptor: nothing is looked up in files or the environment. TLS, where configured, is the wire's.
  const connectString = `(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=${address})(PORT=${port}))(CONNECT_DATA=${service}))`
  const stream = new GuardedStream(wire, new OracleLogin(wire))
  const who = { program: CALLED, machine: CALLED, osUser: CALLED, terminal: CALLED, driverName: CALLED }
  const connected = logInOver(stream, { user, password, connectString, stmtCacheSize: 0, ...who })
  try {
    return await wire.settle(connected)
  } catch (error) {
    throw wire.fail(explainOracle(await driverVerdict(connected, error), about).error)
  }
}

function serviceOf({ serviceName, sid }: Endpoint): string {
  if (serviceName !== undefined) return `(SERVICE_NAME=${serviceName})`
  if (sid !== undefined) return `(SID=${sid})`
  throw new PosternError('Internal', { reason: 'An endpoint of Oracle has neither `serviceName` nor `sid`.' })
}

/** CONNECT of the transparent network substrate: version 318, at least 300, and the text behind a header of 58 bytes. */
function pingPacket(): Buffer {
  const header = Buffer.alloc(58)
  header.writeUInt16BE(header.length + PING.length, 0)
  header[4] = 1
  header.writeUInt16BE(318, 8)
  header.writeUInt16BE(300, 10)
  header.writeUInt16BE(8192, 14)
  header.writeUInt16BE(65_535, 16)
  header.writeUInt16BE(1, 22)
  header.writeUInt16BE(PING.length, 24)
  header.writeUInt16BE(header.length, 26)
  return Buffer.concat([header, Buffer.from(PING)])
}
