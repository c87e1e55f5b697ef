import { sqlserverEngine } from '../../src/engines/sqlserver.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { startSqlserver } from '../fixtures/sqlserver.ts'
import { USER } from './engine-session.ts'
import { engineSuite } from './engine-suite.ts'

engineSuite({
  name: 'MSSQL',
  givenAs: 'MSSQL',
  server: 'on a stand-in',
  skip: false,
  product: 'Microsoft SQL Server',
  names: ['crm_中文', "q'uo]te[d", 'new\nline', 'emoji 😀', 'x'.repeat(128), '\uffee'],
  others: [],
  system: ['master', 'model', 'msdb', 'tempdb'],
  grants: (user) => sqlserverEngine.grants(user),
  otherLooksLike: /MySQL/,
  startOther: async () => (findMariadb() === undefined ? undefined : startMariadb()),
  async start({ tls }) {
    const server = await startSqlserver(tls === undefined ? {} : { tls })
    const sessionsOf = (name: string) => server.sessions.filter(({ user, open }) => open && user === name)
    return {
      port: server.port,
      async createUser(name, password) {
        server.setUser(name, { password })
      },
      async createDatabase(name) {
        server.addDatabase({ name })
      },
      sessionsOf: async (name) => sessionsOf(name).length,
      markOf: async (name) => sessionsOf(name)[0]?.program ?? '',
      usesTls: async () => sessionsOf(USER).some(({ encrypted }) => encrypted === 'all'),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    }
  },
})
