import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import type { Log } from '../../base/log.ts'
import { PosternError } from '../../model/errors.ts'
import type { PublicIds } from '../public-id.ts'
import { checkSchema } from './check-schema.ts'
import { DamagedTaskError } from '../damaged-task-error.ts'
import { readOfTask } from './damaged-row.ts'
import { integer } from '../row.ts'
import type { Statements } from './statements.ts'
import { partsOf } from './task-row.ts'
import { wholeTaskOf } from './whole-task.ts'

const NEWEST_TASKS = 1_000
/** Results are large: those of the newest tasks up to here, so that a start stays quick. */
const MAX_RESULT_BYTES = 32 * 1024 * 1024
/** More lines say nothing new; the rest is counted. */
const MAX_LINES = 20
const HEADER_BYTES = 100
const HEADER_MAGIC = 'SQLite format 3\0'

/** What to do with a store that cannot be used any more. */
export const GO_BACK =
  'Keep the folder as it is, and bring a backup back into a new one: postern restore --from FILE --data NEW-FOLDER'

/** Refuses a file whose first bytes no store has. A file that is missing or empty is a store to be made. */
export function refuseBrokenHeader(file: string): void {
  const header = existsSync(file) ? readHeader(file) : Buffer.alloc(0)
  const problem = header.length === 0 ? undefined : headerProblem(header)
  if (problem !== undefined) throw refused(file, `its header ${problem}: this is not a database, or a damaged one`)
}

function readHeader(file: string): Buffer {
  const handle = openSync(file, 'r')
  try {
    const header = Buffer.alloc(HEADER_BYTES)
    return header.subarray(0, readSync(handle, header))
  } finally {
    closeSync(handle)
  }
}

/** What is the same in every store, by the file format of SQLite. */
function headerProblem(header: Buffer): string | undefined {
  if (header.length < HEADER_BYTES) return 'is cut off'
  if (header.toString('latin1', 0, HEADER_MAGIC.length) !== HEADER_MAGIC) return 'does not begin as one of SQLite'
  const pageSize = header.readUInt16BE(16)
  if (pageSize !== 1 && (pageSize < 512 || (pageSize & (pageSize - 1)) !== 0)) return 'names no possible page size'
  // No encoding yet where the first tables are in the write-ahead log only.
  if (header.readUIntBE(21, 3) !== 0x40_20_20 || header.readUInt32BE(56) > 1) return 'has values that none has'
  return undefined
}

/**
 * Looks at the schema and the newest tasks of a store that was opened. Refuses a broken schema; a damaged task is
 * logged: whoever asks for it is told so, and all others are served.
 */
export function checkAtStart(parts: { file: string; sql: Statements; ids: PublicIds; log: Log }): void {
  const { file, sql, log } = parts
  const { broken, foreign } = checkSchema(sql)
  if (broken.length > 0) throw refused(file, `its tables and indexes are damaged: ${broken.slice(0, 5).join('; ')}`)
  if (foreign.length > 0) log.warn({ foreign: foreign.slice(0, 5) }, 'the store has tables or indexes of others')
  try {
    checkNewestTasks(parts)
  } catch (error) {
    log.error({ err: error }, 'the newest tasks cannot be read: the store is damaged; see `postern store check`')
  }
}

function checkNewestTasks({ sql, ids, log }: { sql: Statements; ids: PublicIds; log: Log }): void {
  let damaged = 0
  let left = MAX_RESULT_BYTES
  const check = (number: number) => {
    const row = readOfTask(ids.taskId(number), () => sql.get('task', { task: number }))
    if (row === undefined || wholeTaskOf(row, { sql, ids }).state !== 'Succeeded' || left <= 0) return
    for (const part of partsOf({ sql, ids }, number)) left -= part.length
  }
  for (const row of sql.all('newest_tasks', { limit: NEWEST_TASKS })) {
    const number = integer(row, 'number')
    try {
      check(number)
    } catch (error) {
      if (!(error instanceof DamagedTaskError)) throw error
      if (++damaged <= MAX_LINES) log.error({ err: error.cause, task: ids.taskId(number) }, 'a stored task is damaged')
    }
  }
  if (damaged > 0) log.error({ damaged }, 'tasks are damaged and are answered with an error; see `postern store check`')
}

const refused = (file: string, why: string) =>
  new PosternError('InternalError', { message: `The store ${file} cannot be opened: ${why}. ${GO_BACK}` })
