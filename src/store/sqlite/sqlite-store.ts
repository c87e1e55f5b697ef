import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { PosternError } from '../../model/errors.ts'
import { publicIds } from '../public-id.ts'
import type { Store } from '../store.ts'
import { checkAtStart, refuseBrokenHeader } from './check-at-start.ts'
import { integer, optional } from '../row.ts'
import { sqliteAccessStore } from './sqlite-access-store.ts'
import { sqliteFleetStore } from './sqlite-fleet-store.ts'
import { sqliteTaskStore } from './sqlite-task-store.ts'
import { statementsOf } from './statements.ts'
import { STORE_FILE } from './store-file.ts'
import { createPrivate, lockStore, type StoreLock } from './store-lock.ts'
import { startWriter } from './writer-client.ts'

const READ_TIMEOUT_MS = 5_000

export interface SqliteStoreOptions {
  /** Made where it is missing; its owner alone may look into it. */
  readonly folder: string
  /** Taken already; released with the store. */
  readonly lock?: StoreLock
  readonly clock: Clock
  readonly log: Log
}

/**
 * Opens the store of a single server, makes it where there is none, and migrates it.
 * Refused with what to do: a folder that another server has open, a store that needs a newer version or is damaged.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { folder, clock, log } = options
  const file = join(folder, STORE_FILE)
  await using opening = new AsyncDisposableStack()
  const lock = writing(folder, () => {
    prepareFolder(folder, file)
    return options.lock ?? lockStore(folder)
  })
  opening.defer(() => lock.release())
  refuseBrokenHeader(file)
  writing(folder, () => {
    createPrivate(file)
    syncFolder(folder)
  })
  const writer = opening.use(await startWriter({ file, clock, log }))
  const connection = new DatabaseSync(file, { readOnly: true, timeout: READ_TIMEOUT_MS })
  opening.defer(() => connection.close())
  // Reads go on while the last writes end; the writer closes last and leaves one file without a log beside it.
  opening.defer(() => writer.drain())
  const reader = statementsOf(connection)
  const ids = publicIds(writer.meta.idKey)
  checkAtStart({ file, sql: reader, ids, log })
  const restored = reader.get('restored_at')
  const restoredAt = restored && optional(restored, 'restored_at', integer)
  const open = opening.move()
  return {
    serverId: writer.meta.serverId,
    failed: writer.failed,
    restoredAt,
    tasks: sqliteTaskStore({ writer, reader, ids, log }),
    fleet: sqliteFleetStore({ writer, reader, ids }),
    access: sqliteAccessStore({ writer, reader }),
    buckets: undefined,
    purge: (now, { taskMs }, limit) => writer.write('purge', { now, taskMs, limit }),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** What the system says of a folder is for the operator, who can mend it. */
function writing<T>(folder: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    if (!/^E(?:ROFS|ACCES|PERM|NOSPC|DQUOT|NOENT|NOTDIR)$/.test(code)) throw cause
    const message = `The folder ${folder} cannot be written (${code}). Give the server a folder that it may write to, on a disk that is not read-only and has room.`
    throw new PosternError('ServiceUnavailable', { message, cause })
  }
}

/** A folder that was there and holds other people's files keeps its mode; ours are private by themselves. */
function prepareFolder(folder: string, file: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (existsSync(file) || readdirSync(folder).length === 0) chmodSync(folder, 0o700)
}

/** Without it a power cut right after the first start can lose the name of the new file. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}
