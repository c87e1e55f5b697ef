import { DatabaseSync } from 'node:sqlite'
import { toAccessKeyId, type AccessKeyId } from '../../model/ids.ts'
import { outcomeDigest } from '../../model/outcome-digest.ts'
import { checkSchema } from './check-schema.ts'
import { bytes, integer, type Row, text } from '../row.ts'
import { outcomeRowSoundness, taskRowSoundness } from './row-checksum.ts'
import { type Statements, statementsOf } from './statements.ts'

const READ_TIMEOUT_MS = 10_000
const ROWS_AT_ONCE = 500
/** More of them say nothing new. */
const MAX_PROBLEMS = 100

export interface CheckOptions {
  readonly file: string
  /** Leaves out whether indexes fit their tables, which takes most of the time. */
  readonly quick: boolean
  /** Throws where the secret cannot be opened. */
  readonly unseal: (sealed: Uint8Array, owner: AccessKeyId) => unknown
}

export interface CheckedStore {
  /** What was looked at, and how many of it. */
  readonly checked: readonly { readonly what: string; readonly count: number }[]
  /** Tasks that are older than their checksums. */
  readonly unchecked: number
  /** At most 100; empty where all is well. */
  readonly problems: readonly string[]
}

/**
 * Looks at everything that can be known to be wrong in a store, in one snapshot, and changes nothing; whatever is
 * found does not end the look at the rest. Blocks its thread: not for a thread that serves anybody.
 */
export function checkStore({ file, quick, unseal }: CheckOptions): CheckedStore {
  const problems: string[] = []
  let unchecked = 0
  const checked: { what: string; count: number }[] = []
  const add = (problem: string) => {
    if (problems.length < MAX_PROBLEMS) problems.push(problem)
  }
  const look = (what: string, count: () => number) => {
    try {
      checked.push({ what, count: count() })
    } catch (error) {
      add(`${what}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const db = new DatabaseSync(file, { readOnly: true, timeout: READ_TIMEOUT_MS })
  try {
    const sql = statementsOf(db)
    look('pages', () => {
      db.exec('BEGIN')
      for (const line of linesOf(sql, quick ? 'quick_check' : 'integrity_check')) add(`pages: ${line}`)
      return integer(db.prepare('PRAGMA page_count').get() ?? {}, 'page_count')
    })
    look('tables with references', () => foreignKeys(db, sql, add))
    look('tables and indexes', () => {
      const { count, broken, foreign } = checkSchema(sql)
      for (const each of [...broken, ...foreign]) add(`tables and indexes: ${each}`)
      return count
    })
    look('sealed keys', () => sealedKeys(sql, unseal, add))
    look('tasks', () => {
      const { sound, older } = taskRows(sql, add)
      unchecked = older
      return sound
    })
    look('results', () => digests(sql, add))
  } finally {
    db.close()
  }
  return { checked, unchecked, problems }
}

const linesOf = (sql: Statements, name: 'integrity_check' | 'quick_check') =>
  sql
    .all(name)
    .map((row) => String(row[name]))
    .filter((line) => line !== 'ok')

function foreignKeys(db: DatabaseSync, sql: Statements, add: (problem: string) => void): number {
  for (const row of sql.all('foreign_key_check').slice(0, MAX_PROBLEMS)) {
    add(
      `${text(row, 'table')}: row ${String(row['rowid'] ?? 'without a number')} refers to nothing in ${text(row, 'parent')}`,
    )
  }
  const tables = sql.all('schema_objects').filter((row) => text(row, 'type') === 'table')
  return tables.filter((row) => db.prepare('SELECT 1 FROM pragma_foreign_key_list(?)').get(text(row, 'name'))).length
}

function sealedKeys(sql: Statements, unseal: CheckOptions['unseal'], add: (problem: string) => void): number {
  let count = 0
  const page = (after: string) => sql.all('keys_after', { after, limit: ROWS_AT_ONCE })
  for (let rows = page(''); rows.length > 0; rows = page(text(last(rows), 'id'))) {
    for (const row of rows) {
      count++
      const id = toAccessKeyId(text(row, 'id'))
      try {
        unseal(bytes(row, 'sealed_secret'), id)
      } catch (error) {
        add(`sealed keys: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }
  return count
}

function taskRows(sql: Statements, add: (problem: string) => void): { sound: number; older: number } {
  const counts = { sound: 0, unchecked: 0, damaged: 0 }
  const page = (after: number) => sql.all('tasks_after', { after, limit: ROWS_AT_ONCE })
  for (let rows = page(0); rows.length > 0; rows = page(integer(last(rows), 'number'))) {
    for (const row of rows) {
      const number = integer(row, 'number')
      const soundness = taskRowSoundness(row)
      counts[soundness]++
      if (soundness === 'damaged') add(`tasks: row ${number} is damaged: its checksum differs`)
      if (row['state'] !== 'Succeeded' || sql.get('outcome_of_task', { task: number }) !== undefined) continue
      add(`tasks: row ${number} has succeeded, and its result is missing`)
    }
  }
  return { sound: counts.sound, older: counts.unchecked }
}

function digests(sql: Statements, add: (problem: string) => void): number {
  let count = 0
  const page = (after: number) => sql.all('outcomes_after', { after, limit: ROWS_AT_ONCE })
  for (let rows = page(0); rows.length > 0; rows = page(integer(last(rows), 'task'))) {
    for (const row of rows) {
      count++
      const task = integer(row, 'task')
      if (outcomeRowSoundness(row) === 'damaged') add(`results: row ${task} is damaged: its checksum differs`)
      const parts = sql.all('result_parts', { task }).map((part) => bytes(part, 'data'))
      if (outcomeDigest(text(row, 'outcome_text'), parts) === text(row, 'digest')) continue
      add(`results: the result in row ${task} is not the one that came: its digest differs`)
    }
  }
  return count
}

function last(rows: readonly Row[]): Row {
  const row = rows.at(-1)
  if (row === undefined) throw new Error('no rows')
  return row
}
