import { oracleEngine } from '../../src/engines/oracle.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { startOracle } from '../fixtures/oracle.ts'
import { USER } from './engine-session.ts'
import { engineSuite } from './engine-suite.ts'

engineSuite({
  name: 'Oracle',
  givenAs: 'Oracle',
  server: 'on a stand-in',
  skip: false,
  product: 'Oracle',
  names: ['APP$1', 'CRM', 'SHOP_ÄÖ', 'SHOP_中文'],
  others: [],
  system: ['PDB$SEED'],
  grants: (name) => oracleEngine.grants(name),
  otherLooksLike: /MySQL/,
  startOther: async () => (findMariadb() === undefined ? undefined : startMariadb()),
  async start({ tls }) {
    const server = await startOracle(tls === undefined ? {} : { tls })
    const sessions = (name: string) => server.sessions().filter(({ user }) => user === name.toUpperCase())
    return {
      port: server.port,
      ...(tls === undefined ? {} : { tlsPort: server.tlsPort }),
      async createUser(name, password) {
        server.users.set(name.toUpperCase(), { password })
      },
      async createDatabase(name) {
        server.pdbs.push({ name })
      },
      sessionsOf: async (name) => sessions(name).length,
      markOf: async (name) =>
        sessions(name)
          .map(({ program }) => program)
          .join('\n'),
      usesTls: async () => sessions(USER).some(({ encrypted }) => encrypted),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    }
  },
})
