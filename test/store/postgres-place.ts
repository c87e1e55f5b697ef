import { randomBytes } from 'node:crypto'
import type { Clock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import type { Store } from '../../src/store/store.ts'
import { type PostgresqlServer, startPostgresql } from '../fixtures/postgresql.ts'
import type { OpenStore } from './store-world.ts'

/** Databases for stores on one server, which is started with the first of them. */
export interface PostgresPlaces extends AsyncDisposable {
  server(): Promise<PostgresqlServer>
  /** The URL of a new, empty database. */
  database(): Promise<string>
  readonly open: OpenStore
}

/** `route` leads to the same database by another way. */
export function postgresPlaces(route = (url: string) => Promise.resolve(url)): PostgresPlaces {
  let started: Promise<PostgresqlServer> | undefined
  const server = () => (started ??= startPostgresql({ settings: ['max_connections=200', 'shared_buffers=64MB'] }))
  const database = async () => {
    const { host, port, rootUser, rootPassword, ...running } = await server()
    const name = `store_${randomBytes(6).toString('hex')}`
    await running.query(`CREATE DATABASE ${name}`)
    return `postgres://${rootUser}:${rootPassword}@${host}:${port}/${name}`
  }
  return {
    server,
    database,
    async open(clock) {
      const url = await database()
      const running = await server()
      const reach = async () => openPostgresStore({ url: await route(url), directUrl: url, clock, log: silentLog() })
      let store = await reach()
      return {
        store,
        async reopen() {
          await store[Symbol.asyncDispose]()
          store = await reach()
          return store
        },
        async [Symbol.asyncDispose]() {
          await store[Symbol.asyncDispose]()
          await running.query(`DROP DATABASE ${new URL(url).pathname.slice(1)} WITH (FORCE)`)
        },
      }
    },
    async [Symbol.asyncDispose]() {
      await (await started)?.[Symbol.asyncDispose]()
    },
  }
}

/** A store in which time passes as the test says. */
export const openTestStore = (url: string, clock: Clock): Promise<Store> =>
  openPostgresStore({ url, clock, log: silentLog() })
