import { mongodbEngine } from '../../src/engines/mongodb.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { startMongodb } from '../fixtures/mongodb.ts'
import { USER } from './engine-session.ts'
import { engineSuite } from './engine-suite.ts'

engineSuite({
  name: 'MongoDB',
  givenAs: 'MongoDB',
  server: 'on a stand-in',
  skip: false,
  product: 'MongoDB',
  names: ['crm_中文', '😀', 'q"uo\'te', 'line\nbreak', 'Ü(', 'x'.repeat(63)],
  others: [],
  system: ['admin', 'config', 'local'],
  grants: (name) => mongodbEngine.grants(name),
  otherLooksLike: /MySQL/,
  startOther: async () => (findMariadb() === undefined ? undefined : startMariadb()),
  async start({ tls }) {
    const server = await startMongodb(tls === undefined ? {} : { tls })
    const sessions = (name: string) => [...server.sessions].filter(({ user }) => user === `admin.${name}`)
    return {
      port: server.port,
      async createUser(user, pwd) {
        server.script(`db.getSiblingDB("admin").createUser(${JSON.stringify({ user, pwd, roles: [] })})`)
        for (const { statement } of mongodbEngine.grants(user)) server.script(statement)
      },
      createDatabase: async (name) => server.createDatabase(name),
      sessionsOf: async (name) => sessions(name).length,
      markOf: async (name) => JSON.stringify(sessions(name).map(({ client }) => client)),
      usesTls: async () => sessions(USER).every((session) => session.tls),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    }
  },
})
