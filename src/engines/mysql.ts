import { type Connection, createConnection } from 'mariadb'
import { VERSION } from '../base/version.ts'
import { DEFAULT_PORTS, type DatabaseType } from '../model/database-type.ts'
import { PosternError } from '../model/errors.ts'
import { driverVerdict } from './driver-verdict.ts'
import type { ConnectOptions, Endpoint, Engine, EngineSession } from './engine.ts'
import { GuardedStream } from './guarded-stream.ts'
import { explainMysql, type MysqlCircumstances } from './mysql-errors.ts'
import { hearGreeting } from './mysql-greeting.ts'
import { MysqlLogin, SAFE_PLUGINS } from './mysql-login.ts'
import { MysqlSession } from './mysql-session.ts'
import { showDatabasesGrant } from './mysql-visibility.ts'
import { readPassword } from './read-password.ts'
import { Wire } from './wire.ts'

/** MySQL and all that speaks its protocol. */
export function mysqlEngine(name: Extract<DatabaseType, 'MySQL' | 'MariaDB' | 'DRDS'>): Engine {
  return {
    name,
    // Of the three only MariaDB's own server was there to try it against.
    maturity: name === 'MariaDB' ? 'stable' : 'preview',
    defaultPort: DEFAULT_PORTS[name],
    grantsAre: 'SQL',
    connect,
    grants: (user, host = '%') => [
      {
        statement: showDatabasesGrant(`${user}@${host}`),
        why: 'Shows the names of all databases and lets the account read nothing in them.',
      },
    ],
  }
}

async function connect(endpoint: Endpoint, options: ConnectOptions): Promise<EngineSession> {
  const wire = await Wire.dial(endpoint, options)
  try {
    const greeting = await hearGreeting(wire)
    if (endpoint.tls.mode === 'verify' && !greeting.offersTls) throw wire.fail(new PosternError('Endpoint.TlsRefused'))
    const password = await readPassword(wire)
    const about = { wire, greeting, password }
    const connection = await login(about)
    wire.leave()
    return new MysqlSession(connection, { ...about, queryMs: options.queryMs })
  } catch (error) {
    wire.close()
    throw error
  }
}

async function login(about: MysqlCircumstances): Promise<Connection> {
  const { wire, password } = about
  const { endpoint } = wire
  const stream = new GuardedStream(wire, new MysqlLogin(wire, password))
  const options = {
    stream: (callback: (error: undefined, stream: GuardedStream) => void) => {
      callback(undefined, stream)
      stream.start()
    },
    host: endpoint.host,
    port: endpoint.port,
    user: endpoint.user,
    password,
    ...(endpoint.database === undefined ? {} : { database: endpoint.database }),
    // The wire has the deadlines; the driver's own default is one second.
    connectTimeout: 0,
    connectAttributes: { program_name: 'postern-gateway', program_version: VERSION },
    restrictedAuth: SAFE_PLUGINS,
    // An address that a server names is not dialled.
    permitRedirect: false,
    permitLocalInfile: false,
    allowPublicKeyRetrieval: false,
    maxAllowedPacket: 1024 * 1024,
    charset: 'utf8mb4',
    // The driver would write to standard output.
    logger: { warning: () => {} },
  }
  const connected = createConnection(options).then((connection) => {
    // Without a listener an error between two queries would end the process.
    connection.on('error', () => {})
    return connection
  })
  try {
    return await wire.settle(connected)
  } catch (error) {
    throw explainMysql(await driverVerdict(connected, error), about).error
  }
}
