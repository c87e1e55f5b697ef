import { test } from 'node:test'
import { mongodbEngine } from '../../src/engines/mongodb.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { findMongod, startMongod } from '../fixtures/mongod.ts'
import { startMongodb } from '../fixtures/mongodb.ts'
import { USER } from './engine-session.ts'
import { engineSuite } from './engine-suite.ts'
import type { EngineUnderTest } from './engine-under-test.ts'

const mongodb: Omit<EngineUnderTest, 'names' | 'start'> = {
  name: 'MongoDB',
  givenAs: 'MongoDB',
  skip: false,
  product: 'MongoDB',
  others: [],
  system: ['admin', 'config', 'local'],
  grants: (name) => mongodbEngine.grants(name),
  otherLooksLike: /MySQL/,
  startOther: async () => (findMariadb() === undefined ? undefined : startMariadb()),
}

engineSuite({
  ...mongodb,
  server: 'on a stand-in',
  names: ['crm_中文', '😀', 'q"uo\'te', 'line\nbreak', 'Ü(', 'x'.repeat(63)],
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

const program = findMongod()
if (program === undefined) {
  test("MongoDB as an engine on the vendor's server", { skip: 'no mongod is on PATH' }, () => {})
} else {
  engineSuite({
    ...mongodb,
    version: program.version,
    // Those that its manual allows: no quotes, spaces or slashes.
    names: ['crm_中文', '😀', "it's", 'Ü(', 'x'.repeat(63)],
    async start({ tls }) {
      const server = await startMongod(tls === undefined ? {} : { tls })
      return {
        port: server.port,
        async createUser(user, password) {
          await server.createUser(user, password)
          for (const { statement } of mongodbEngine.grants(user)) await server.script(statement)
        },
        createDatabase: (name) => server.createDatabase(name),
        sessionsOf: async (name) => (await server.connectionsOf(name)).length,
        markOf: async (name) => JSON.stringify(await server.connectionsOf(name)),
        // It does not tell of one connection; the fixture's own are in clear.
        usesTls: async () => (await server.overTls()) > 0,
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      }
    },
  })
}
