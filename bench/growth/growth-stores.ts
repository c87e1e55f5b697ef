import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import { STORE_FILE } from '../../src/store/sqlite/store-file.ts'
import { eventually } from '../../test/fixtures/eventually.ts'
import { enrolIn, enrolInStore, type Fleet } from '../../test/fixtures/light-fleet.ts'
import { startDurablePostgresql } from '../load/durable-postgresql.ts'
import { fillPostgres } from './fill-postgres.ts'
import { fillSqlite } from './fill-sqlite.ts'

/** A server looks twice, a minute apart. */
const SETTLES_MS = 300_000

export interface Filling {
  /** How many finished tasks there are to be. */
  readonly count: number
  /** Over which they lie evenly, until now. */
  readonly days: number
  readonly say: (text: string) => void
}

/** The store of one server, `data` being the folder of that server. It does not run while this changes the store. */
export interface GrowthStore extends AsyncDisposable {
  /** What the server is told of it. */
  readonly args: readonly string[]
  /** Processes that work for the server, by name. */
  readonly pids: Readonly<Record<string, number>>
  enrol(data: string): Promise<Fleet>
  /** With copies of the newest task, which has ended. */
  fill(data: string, filling: Filling): Promise<void>
  /** Resolves when the server has found what one that had been there all the time would know. */
  settle(filling: Pick<Filling, 'count'>): Promise<void>
}

export const sqliteGrowth = (): GrowthStore => ({
  args: [],
  pids: {},
  enrol: (data) => enrolInStore(data, 1),
  fill: async (data, filling) => fillSqlite(join(data, STORE_FILE), filling),
  settle: () => Promise.resolve(),
  [Symbol.asyncDispose]: () => Promise.resolve(),
})

/** A PostgreSQL of its own. */
export async function postgresGrowth(folder: string): Promise<GrowthStore> {
  await using stack = new AsyncDisposableStack()
  const { url, pid, query } = stack.use(await startDurablePostgresql())
  const storeUrl = join(folder, 'store-url')
  await writeFile(storeUrl, url, { mode: 0o600 })
  const owned = stack.move()
  return {
    args: ['--store-file', storeUrl],
    pids: { PostgreSQL: pid },
    async enrol() {
      await using store = await openPostgresStore({ url, clock: systemClock(), log: silentLog() })
      return await enrolIn(store, 1)
    },
    fill: (_data, filling) => fillPostgres(query, filling),
    async settle({ count }) {
      const found = `SELECT open_floor >= ${count} AS found FROM meta`
      await eventually('that all have ended', async () => (await query(found))[0]?.['found'] === true, SETTLES_MS)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
