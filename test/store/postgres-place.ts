import { randomBytes } from 'node:crypto'
import type { Clock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import type { Store } from '../../src/store/store.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { type PostgresqlServer, startPostgresql } from '../fixtures/postgresql.ts'
import type { OpenStore } from './store-world.ts'

/** Of a store of this version, whose partitions are as they were made. */
const EMPTY = `SET session_replication_role = replica;
DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
      AND relname NOT IN ('meta', 'migrations')
  LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
END $$;
ALTER SEQUENCE task_numbers RESTART;
ALTER TABLE gateways ALTER number RESTART;
UPDATE meta SET purged_before = 0, open_floor = 0`

/** Databases for stores on one server, which is started with the first of them. */
export interface PostgresPlaces extends AsyncDisposable {
  server(): Promise<PostgresqlServer>
  /** The URL of a new, empty database. */
  database(): Promise<string>
  /** The URL of a new database with an empty store, which costs less than to make one. */
  storeDatabase(): Promise<string>
  /** A store that is empty; its database is emptied for the next one. */
  readonly open: OpenStore
}

/** `route` leads to the same database by another way. */
export function postgresPlaces(route = (url: string) => Promise.resolve(url)): PostgresPlaces {
  let started: Promise<PostgresqlServer> | undefined
  const server = () => (started ??= startPostgresql({ settings: ['max_connections=200', 'shared_buffers=64MB'] }))
  const databaseOf = async (template: string) => {
    const { host, port, rootUser, rootPassword, ...running } = await server()
    const name = `store_${randomBytes(6).toString('hex')}`
    await running.query(`CREATE DATABASE ${name} TEMPLATE ${template}`)
    return `postgres://${rootUser}:${rootPassword}@${host}:${port}/${name}`
  }
  const idle: string[] = []
  const database = () => databaseOf('template1')
  const makeTemplate = async () => {
    const url = await database()
    await (await openTestStore(url, manualClock()))[Symbol.asyncDispose]()
    return new URL(url).pathname.slice(1)
  }
  let template: Promise<string> | undefined
  const storeDatabase = async () => databaseOf(await (template ??= makeTemplate()))
  return {
    server,
    database,
    storeDatabase,
    async open(clock) {
      const url = idle.pop() ?? (await storeDatabase())
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
          await running.query(EMPTY, new URL(url).pathname.slice(1))
          idle.push(url)
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
