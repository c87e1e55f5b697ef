import { createServer } from 'node:http'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CaseName } from '../../scripts/docs/troubleshooting-cases.ts'
import { makeAuthority, makeSelfSigned } from '../fixtures/certificates.ts'
import { freePort } from '../fixtures/free-port.ts'
import { startMariadb } from '../fixtures/mariadb.ts'
import { startMongodb } from '../fixtures/mongodb.ts'
import { startOracle } from '../fixtures/oracle.ts'
import { startPostgresql } from '../fixtures/postgresql.ts'
import { startSilentServer } from '../fixtures/silent-server.ts'
import { startSqlserver } from '../fixtures/sqlserver.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

export const PASSWORD = 'Pr1vate-of-the-test'
const WRONG = 'Wr0ng-of-the-test'

export interface SetUps extends AsyncDisposable {
  readonly folder: string
  /** One entry of `endpoints`, in YAML, for every case; and one endpoint of each engine that is as it should be. */
  readonly entries: Readonly<Record<CaseName | 'good MariaDB' | 'good PostgreSQL', string>>
  readonly mariadb: Awaited<ReturnType<typeof startMariadb>>
  readonly postgresql: Awaited<ReturnType<typeof startPostgresql>>
}

type Fields = Readonly<Record<string, string>>

/** A flow mapping of YAML with what every endpoint has unless it is said otherwise; an empty value takes a key away. */
function at(engine: string, port: number, more: Fields = {}): string {
  const usual = { host: '127.0.0.1', user: 'lister', passwordFile: 'secret', tls: '{ caFile: ca.pem }' }
  const entry: Fields = { engine, port: String(port), ...usual, ...more }
  const fields = Object.entries(entry).filter(([, value]) => value !== '')
  return `{ ${fields.map(([key, value]) => `${key}: ${value}`).join(', ')} }`
}

const password = (text: string) => ({ passwordFile: '', password: text })

/** Real servers, and everything that can be wrong between a gateway and them. */
export async function brokenSetUps(): Promise<SetUps> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await tempFolder('check')).path
  const authority = makeAuthority()
  const tls = authority.issue(['127.0.0.1'])
  await writeFile(join(folder, 'ca.pem'), authority.certificate)
  await writeFile(join(folder, 'secret'), `${PASSWORD}\n`, { mode: 0o600 })
  const hba = ['host all postgres 127.0.0.1/32 scram-sha-256', 'hostssl all all 127.0.0.1/32 scram-sha-256']
  const mariadb = stack.use(await startMariadb({ tls }))
  const postgresql = stack.use(await startPostgresql({ tls, hba, onlyHba: true }))
  const withoutTls = stack.use(await startPostgresql())
  await users(mariadb, postgresql)

  const silent = stack.use(await startSilentServer())
  const closing = stack.use(await startSilentServer((socket) => socket.end()))
  const ssh = stack.use(await startSilentServer((socket) => socket.end('SSH-2.0-x\r\n')))
  const http = stack.use(await startHttpServer())

  const off = { tls: '{ mode: off }' }
  const maria = (more: Fields = {}) => at('MariaDB', mariadb.port, more)
  const postgres = (more: Fields = {}) => at('PostgreSQL', postgresql.port, more)
  const others = await standIns(stack, tls)
  const entries = {
    ...others,
    'good MariaDB': maria(),
    'good PostgreSQL': postgres(),
    'wrong port': at('MySQL', await freePort()),
    'silent server': at('MySQL', silent.port),
    'server that closes': at('MySQL', closing.port),
    'HTTP there': at('MySQL', http.port),
    'SSH there': at('PostgreSQL', ssh.port),
    'PostgreSQL there': at('MySQL', postgresql.port),
    'MariaDB there': at('PostgreSQL', mariadb.port),
    'name not resolved': maria({ host: 'no-such-host.invalid' }),
    'name to loopback': maria({ host: 'db.example.net' }),
    'range without address': maria({ host: '10.0.0.0/24' }),
    'wrong password': maria(password(WRONG)),
    'wrong password of PostgreSQL': postgres(password(WRONG)),
    'unknown user': maria({ user: 'nobody_here' }),
    'account locked': maria({ user: 'locked' }),
    'missing grant': maria({ user: 'narrow' }),
    'no CONNECT': postgres({ user: 'unconnected' }),
    'certificate untrusted': maria({ tls: '{ mode: verify }' }),
    'wrong name in the certificate': postgres({ tls: '{ caFile: ca.pem, serverName: db.example.net }' }),
    'TLS refused': at('PostgreSQL', withoutTls.port),
    'TLS required': postgres(off),
    'TLS required of the user': maria({ user: 'secured', ...off }),
    'passwordFile missing': maria({ passwordFile: 'no-such-file' }),
    'passwordFile empty': maria({ passwordFile: '/dev/null' }),
    'passwordEnv not set': maria({ passwordFile: '', passwordEnv: 'POSTERN_TEST_NOT_SET' }),
    'two passwords': maria({ password: WRONG }),
    'unknown key': maria({ hots: '127.0.0.2' }),
    'missing key': maria({ user: '' }),
    'duplicate endpoint': maria(),
    'unknown engine': at('Informix', 9088),
    'mistyped engine': at('Postgres', 5432),
    'port in the host': maria({ host: '"127.0.0.1:3306"' }),
    'port out of range': at('MySQL', 70_000),
    'range without TLS': maria({ host: '10.0.0.0/24', ...off }),
    'caFile missing': maria({ tls: '{ caFile: no-such-file }' }),
    'caFile not a certificate': maria({ tls: '{ caFile: secret }' }),
    'not YAML': `{ engine: MySQL, password: @${WRONG} }`,
  }
  const owned = stack.move()
  return { folder, entries, mariadb, postgresql, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** Those that cannot be installed here. */
async function standIns(stack: AsyncDisposableStack, tls: ReturnType<ReturnType<typeof makeAuthority>['issue']>) {
  const off = { tls: '{ mode: off }' }
  const mongodb = stack.use(await startMongodb({ tls, requireTls: true }))
  const arbiter = stack.use(await startMongodb({ tls, kind: 'arbiter' }))
  mongodb.script(`db.getSiblingDB("admin").createUser({ user: "lister", pwd: "${PASSWORD}", roles: [] })`)
  const oracle = stack.use(await startOracle({ tls }))
  const closed = { at: 'login', error: 1109, words: 'ORA-01109: database not open' } as const
  oracle.users.set('LISTER', { password: PASSWORD, allContainers: false })
  oracle.users.set('CLOSED', { password: PASSWORD, refused: closed })
  oracle.pdbs.push({ name: 'CRM' })
  const mssql = stack.use(await startSqlserver({ tls, encryption: 'required' }))
  const ownCertificate = stack.use(await startSqlserver({ tls: makeSelfSigned(['127.0.0.1']) }))
  mssql.setUser('lister', { password: PASSWORD, viewsAnyDatabase: false })
  const ora = (more: Fields = {}) => at('Oracle', oracle.tlsPort, { serviceName: 'FREE', ...more })
  return {
    'wrong password of MongoDB': at('MongoDB', mongodb.port, password(WRONG)),
    'wrong password of Oracle': ora(password(WRONG)),
    'wrong password of SQL Server': at('MSSQL', mssql.port, password(WRONG)),
    'TLS required by MongoDB': at('MongoDB', mongodb.port, off),
    'TLS required by SQL Server': at('MSSQL', mssql.port, off),
    'certificate of SQL Server untrusted': at('MSSQL', ownCertificate.port, { tls: '{ mode: verify }' }),
    'wrong service name': ora({ serviceName: 'NOSUCH' }),
    'closed PDB': ora({ user: 'closed' }),
    arbiter: at('MongoDB', arbiter.port),
    'missing grant of MongoDB': at('MongoDB', mongodb.port),
    'missing grant of Oracle': ora(),
    'missing grant of SQL Server': at('MSSQL', mssql.port),
  }
}

async function users(mariadb: SetUps['mariadb'], postgresql: SetUps['postgresql']): Promise<void> {
  await mariadb.query('CREATE DATABASE shop')
  for (const user of ['lister', 'locked', 'narrow', 'secured']) {
    await mariadb.query(`CREATE USER ${user}@'127.0.0.1' IDENTIFIED BY '${PASSWORD}'`)
    if (user !== 'narrow') await mariadb.query(`GRANT SHOW DATABASES ON *.* TO ${user}@'127.0.0.1'`)
  }
  await mariadb.query("ALTER USER locked@'127.0.0.1' ACCOUNT LOCK")
  await mariadb.query("ALTER USER secured@'127.0.0.1' REQUIRE SSL")
  for (const user of ['lister', 'unconnected']) {
    await postgresql.query(`CREATE ROLE ${user} LOGIN PASSWORD '${PASSWORD}'`)
  }
  for (const database of ['postgres', 'template1']) {
    await postgresql.query(`REVOKE CONNECT ON DATABASE ${database} FROM PUBLIC`)
  }
  await postgresql.query('GRANT CONNECT ON DATABASE postgres TO lister')
}

async function startHttpServer(): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createServer((_, response) => response.end('hello'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
