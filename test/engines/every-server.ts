import { ENGINES } from '../../src/engines/list.ts'
import { mongodbEngine } from '../../src/engines/mongodb.ts'
import { redisEngine } from '../../src/engines/redis.ts'
import type { DatabaseType } from '../../src/model/database-type.ts'
import type { ServerCertificate } from '../fixtures/certificates.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { startMongodb } from '../fixtures/mongodb.ts'
import { startOracle } from '../fixtures/oracle.ts'
import { findPostgresql, startPostgresql } from '../fixtures/postgresql.ts'
import { findRedis, startRedis } from '../fixtures/redis.ts'
import { startSqlserver } from '../fixtures/sqlserver.ts'

/** A server, real or a stand-in, that listens in clear and over TLS and has a few databases. */
export interface AnyServer extends AsyncDisposable {
  readonly port: number
  /** The same as `port` where the protocol turns to TLS on it. */
  readonly tlsPort: number
  /** A user who may list everything. */
  createUser(name: string, password: string): Promise<void>
}

interface ServerKind {
  readonly here: () => boolean
  readonly start: (tls: ServerCertificate) => Promise<AnyServer>
}

const MARIADB: ServerKind = {
  here: () => findMariadb() !== undefined,
  async start(tls) {
    const server = await startMariadb({ tls })
    for (const name of ['shop', 'crm']) await server.query(`CREATE DATABASE ${name}`)
    return {
      port: server.port,
      tlsPort: server.port,
      async createUser(name, password) {
        await server.query(`CREATE USER \`${name}\`@\`%\` IDENTIFIED BY '${password}'`)
        await server.query(`GRANT SHOW DATABASES ON *.* TO \`${name}\`@\`%\``)
      },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    }
  },
}

/** One for every engine of the list: this stops compiling when one is added and forgotten here. */
const KINDS = {
  MySQL: MARIADB,
  MariaDB: MARIADB,
  DRDS: MARIADB,
  PostgreSQL: {
    here: () => findPostgresql() !== undefined,
    async start(tls) {
      const server = await startPostgresql({ tls })
      await server.query('CREATE DATABASE shop')
      return {
        port: server.port,
        tlsPort: server.port,
        async createUser(name, password) {
          await server.query(`CREATE ROLE "${name}" LOGIN PASSWORD '${password}'`)
        },
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      }
    },
  },
  MongoDB: {
    here: () => true,
    async start(tls) {
      const server = await startMongodb({ tls })
      for (const name of ['shop', 'crm']) server.createDatabase(name)
      return {
        port: server.port,
        tlsPort: server.port,
        async createUser(user, pwd) {
          server.script(`db.getSiblingDB("admin").createUser(${JSON.stringify({ user, pwd, roles: [] })})`)
          for (const { statement } of mongodbEngine.grants(user)) server.script(statement)
        },
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      }
    },
  },
  Oracle: {
    here: () => true,
    async start(tls) {
      const server = await startOracle({ tls })
      for (const name of ['SHOP', 'CRM']) server.pdbs.push({ name })
      return {
        port: server.port,
        tlsPort: server.tlsPort,
        createUser: async (name, password) => void server.users.set(name.toUpperCase(), { password }),
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      }
    },
  },
  MSSQL: {
    here: () => true,
    async start(tls) {
      const server = await startSqlserver({ tls })
      for (const name of ['shop', 'crm']) server.addDatabase({ name })
      return {
        port: server.port,
        tlsPort: server.port,
        createUser: async (name, password) => server.setUser(name, { password }),
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      }
    },
  },
  Redis: {
    here: findRedis,
    async start(tls) {
      const server = await startRedis({ tls })
      for (const number of ['0', '3']) await server.command('-n', number, 'SET', 'key', 'value')
      return {
        port: server.port,
        tlsPort: server.tlsPort,
        async createUser(name, password) {
          await server.command('ACL', 'SETUSER', name, 'on', `>${password}`)
          for (const { statement } of redisEngine.grants(name)) await server.command(...statement.split(' '))
        },
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      }
    },
  },
} satisfies Record<DatabaseType, ServerKind>

const isEngine = (name: string): name is DatabaseType => name in ENGINES

/** Every engine of the one list. */
export const EVERY_ENGINE = Object.keys(ENGINES).filter(isEngine)

/** Why its server cannot run here, or false. */
export const skipped = (engine: DatabaseType) => !KINDS[engine].here() && `no server of ${engine} is on this machine`

/** Engines of one protocol share one server; all end with the set. */
export class EveryServer implements AsyncDisposable {
  readonly #tls: ServerCertificate
  readonly #running = new Map<ServerKind, Promise<AnyServer>>()

  constructor(tls: ServerCertificate) {
    this.#tls = tls
  }

  of(engine: DatabaseType): Promise<AnyServer> {
    const kind = KINDS[engine]
    const running = this.#running.get(kind) ?? kind.start(this.#tls)
    this.#running.set(kind, running)
    return running
  }

  async [Symbol.asyncDispose]() {
    for (const running of this.#running.values()) await (await running)[Symbol.asyncDispose]()
  }
}
