import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { publicIds } from '../public-id.ts'
import { toErrorData } from './error-data.ts'
import { migrate } from './migrate.ts'
import { statementsOf } from './statements.ts'
import { restart } from './store-units.ts'
import { runUnit } from './units.ts'
import { batchWriter } from './write-batch.ts'
import { type FromWriter, type ToWriter, type WriterStart, writerStart } from './writer-messages.ts'

// The thread that owns the only connection that writes. One message in is one batch is one commit is one message out.

const BUSY_TIMEOUT_MS = 10_000
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

function main(port: NonNullable<typeof parentPort>, start: WriterStart): void {
  const answer = (message: FromWriter) => port.postMessage(message)
  const db = new DatabaseSync(start.file, { timeout: BUSY_TIMEOUT_MS })
  try {
    const work = prepare(db, start)
    port.on('message', (message: ToWriter) => {
      if (message.kind === 'batch') return answer({ kind: 'done', answers: work.write(message) })
      db.close()
      port.close()
    })
    answer({ kind: 'ready', meta: work.meta })
  } catch (error) {
    db.close()
    answer({ kind: 'refused', error: toErrorData(error) })
    port.close()
  }
}

function prepare(db: DatabaseSync, { now }: WriterStart) {
  // Refusals come first: the settings change the file.
  const meta = migrate(db, { now, configure: () => db.exec(SETTINGS) })
  const sql = statementsOf(db)
  sql.prepareAll()
  const ids = publicIds(meta.idKey)
  const writeBatch = batchWriter(db)
  const write = (batch: Extract<ToWriter, { kind: 'batch' }>) => {
    const unit = { sql, ids, now: batch.now }
    return writeBatch(batch.calls.map((call) => () => runUnit(unit, call)))
  }
  const [restarted] = writeBatch([() => restart({ sql, ids, now }, {})])
  if (restarted?.ok === false) throw new Error(restarted.error.detail)
  return { meta, write }
}

if (parentPort !== null) main(parentPort, writerStart.parse(workerData))
