import { DatabaseSync } from 'node:sqlite'
import { silentLog } from '../../src/base/log.ts'
import { publicIds } from '../../src/store/public-id.ts'
import { openWriter } from '../../src/store/sqlite/open-writer.ts'
import { sqliteAccessStore } from '../../src/store/sqlite/sqlite-access-store.ts'
import { sqliteFleetStore } from '../../src/store/sqlite/sqlite-fleet-store.ts'
import { sqliteTaskStore } from '../../src/store/sqlite/sqlite-task-store.ts'
import { statementsOf } from '../../src/store/sqlite/statements.ts'
import { batchWrites, type Writer } from '../../src/store/sqlite/writer-client.ts'
import type { Store } from '../../src/store/store.ts'
import type { Random } from '../fuzz/random.ts'
import type { MachineProcess } from './machine.ts'
import type { Trace } from './trace.ts'

/** Of the database file, while it is full. */
const FREE_PAGES = 1
const NEVER_FULL = 2 ** 32 - 2

/** What the server keeps its store on. It decides when a commit is made; a crash before loses it. */
export interface Disk extends Disposable {
  readonly db: DatabaseSync
  /** How long a commit takes from now on, and its answer after it. */
  commit: { readonly minMs: number; readonly maxMs: number }
  /** The next commit alone takes so long. */
  stallNext(ms: number): void
  full: boolean
  /** Opens the store for a process of the server, with all of the real one but its thread. */
  open(process: MachineProcess): Store
  /** What is not committed is gone. */
  lose(): void
}

export interface DiskEvents {
  /** A commit has begun that will take so long. */
  onCommit(ms: number): void
}

export function createDisk(parts: { random: Random; trace: Trace; events: DiskEvents }): Disk {
  const { random, trace, events } = parts
  const db = new DatabaseSync(':memory:')
  const reader = statementsOf(db)
  let stallMs = 0
  let isFull = false

  const open = (process: MachineProcess): Store => {
    // The connection of the process before is gone, and with it what it did not commit.
    if (db.isTransaction) db.exec('ROLLBACK')
    const opened = openWriter(db, process.clock.now())
    const writes = batchWrites({
      clock: process.clock,
      commit: (batch) =>
        new Promise((resolve) => {
          const { minMs, maxMs } = disk.commit
          const ms = stallMs + minMs + random.below(maxMs - minMs + 1)
          stallMs = 0
          events.onCommit(ms)
          const names = batch.calls.map(({ unit }) => unit).join(' ')
          process.plan(ms, () => {
            const answers = opened.write(batch)
            trace.note('disk', `${answers.every(({ ok }) => ok) ? 'committed' : 'refused'} ${names}`)
            process.plan(random.below(2), () => resolve(answers))
          })
        }),
    })
    const writer: Writer = {
      ...writes,
      meta: opened.meta,
      failed: new Promise<Error>(() => undefined),
      kill: async () => undefined,
      [Symbol.asyncDispose]: () => writes.drain(),
    }
    const ids = publicIds(opened.meta.idKey)
    return {
      serverId: opened.meta.serverId,
      restoredAt: undefined,
      buckets: undefined,
      failed: writer.failed,
      tasks: sqliteTaskStore({ writer, reader, ids, log: QUIET }),
      fleet: sqliteFleetStore({ writer, reader, ids }),
      access: sqliteAccessStore({ writer, reader }),
      purge: (now, { taskMs }, limit) => writer.write('purge', { now, taskMs, limit }),
      [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
    }
  }

  const disk: Disk = {
    db,
    commit: { minMs: 0, maxMs: 5 },
    stallNext(ms) {
      stallMs = Math.max(stallMs, ms)
    },
    get full() {
      return isFull
    },
    set full(full) {
      isFull = full
      const used = Number(Object.values(db.prepare('PRAGMA page_count').get() ?? {})[0])
      db.exec(`PRAGMA max_page_count = ${full ? used + FREE_PAGES : NEVER_FULL}`)
    },
    open,
    lose() {
      if (db.isTransaction) db.exec('ROLLBACK')
    },
    [Symbol.dispose]: () => db.close(),
  }
  return disk
}

/** One of the whole run: to make one for each process would cost most of its time. */
export const QUIET = silentLog()
