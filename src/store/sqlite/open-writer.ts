import type { DatabaseSync } from 'node:sqlite'
import type { Instant } from '../../model/task.ts'
import type { StoreMeta } from '../migrations.ts'
import { publicIds } from '../public-id.ts'
import { migrate } from './migrate.ts'
import { statementsOf } from './statements.ts'
import { restart } from './store-units.ts'
import { runUnit, type UnitCall } from './units.ts'
import { type Answer, batchWriter } from './write-batch.ts'

const SETTINGS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = ON;
  PRAGMA trusted_schema = OFF;
  PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -65536;
  PRAGMA wal_autocheckpoint = 4000;
  PRAGMA journal_size_limit = 67108864;
`

export interface OpenWriter {
  readonly meta: StoreMeta
  /** The answers in the order of the calls, after their one commit; `now` is when the batch was put together. */
  write(batch: { readonly now: Instant; readonly calls: readonly UnitCall[] }): readonly Answer[]
}

/** Makes the connection the only one that writes: migrated, and every deadline moved for the time that the server was away. */
export function openWriter(db: DatabaseSync, now: Instant): OpenWriter {
  // Refusals come first: the settings change the file.
  const meta = migrate(db, { now, configure: () => db.exec(SETTINGS) })
  const sql = statementsOf(db)
  sql.prepareAll()
  const ids = publicIds(meta.idKey)
  const writeBatch = batchWriter(db)
  const [restarted] = writeBatch([() => restart({ sql, ids, now }, {})])
  if (restarted?.ok === false) throw new Error(restarted.error.detail)
  return {
    meta,
    write(batch) {
      const unit = { sql, ids, now: batch.now }
      return writeBatch(batch.calls.map((call) => () => runUnit(unit, call)))
    },
  }
}
