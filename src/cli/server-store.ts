import { mkdirSync } from 'node:fs'
import { databaseStoreJobs } from '../admin/database-store-jobs.ts'
import { createStoreJobs, type StoreJobs } from '../admin/store-jobs.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { databaseClock } from '../store/postgres/database-clock.ts'
import { openPostgresStore } from '../store/postgres/postgres-store.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { lockStore } from '../store/sqlite/store-lock.ts'
import type { Store } from '../store/store.ts'
import type { StoreSource } from './store-source.ts'

export interface ServerStore extends AsyncDisposable {
  readonly store: Store
  /** What the server and the store reckon by. */
  readonly clock: Clock
  readonly jobs: StoreJobs
}

/** The store in `data`, or the database that nodes share; then `data` holds what is this node's own: keys, certificate, audit trail. */
export async function openServerStore(options: {
  readonly data: string
  readonly database: StoreSource | undefined
  readonly clock: Clock
  readonly log: Log
}): Promise<ServerStore> {
  const { data, database, clock, log } = options
  await using opening = new AsyncDisposableStack()
  if (database === undefined) {
    const store = opening.use(await openSqliteStore({ folder: data, clock, log }))
    return served(opening.move(), { store, clock, jobs: createStoreJobs() })
  }
  mkdirSync(data, { recursive: true, mode: 0o700 })
  const lock = lockStore(data)
  opening.defer(() => lock.release())
  const store = opening.use(await openPostgresStore({ ...database, log }))
  return served(opening.move(), { store, clock: await databaseClock(database.url, clock), jobs: databaseStoreJobs() })
}

const served = (open: AsyncDisposableStack, parts: Omit<ServerStore, keyof AsyncDisposable>): ServerStore => ({
  ...parts,
  [Symbol.asyncDispose]: () => open.disposeAsync(),
})
