import { DatabaseSync } from 'node:sqlite'
import { addChecksumFunctions, OUTCOME_COLUMNS, TASK_COLUMNS } from '../../src/store/sqlite/row-checksum.ts'
import { integer } from '../../src/store/row.ts'

const STEP = 50_000
const TABLES = ['tasks', 'attempts', 'outcomes', 'results'] as const

/**
 * Puts copies of the newest task, which has ended well, into a store that no server has open, until it has so many. Each has
 * rows of its own with checksums that hold. An interrupted one goes on where it was.
 */
export function fillSqlite(file: string, { count, say }: { count: number; say: (text: string) => void }): void {
  using db = new DatabaseSync(file)
  addChecksumFunctions(db)
  // A machine that fails meanwhile loses what can be made again.
  db.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; PRAGMA foreign_keys = OFF')
  const newest = () => integer(db.prepare('SELECT max(number) AS newest FROM tasks').get() ?? {}, 'newest')
  const template = newest()
  const statements = TABLES.map((table) => db.prepare(copyOf(db, table)))
  const began = performance.now()
  for (let last = template; last < count; ) {
    const to = Math.min(count, last + STEP)
    db.exec('BEGIN IMMEDIATE')
    for (const copy of statements) copy.run({ from: last + 1, to, template })
    db.exec('COMMIT')
    last = to
    if (last % (STEP * 10) === 0)
      say(`    ${last} of ${count} tasks after ${Math.round((performance.now() - began) / 1000)} s`)
  }
  // What a server that ran all the time would have done bit by bit.
  db.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA optimize')
}

/** `INSERT … SELECT` of the rows of the task `$template`, for each number from `$from` to `$to`. */
function copyOf(db: DatabaseSync, table: (typeof TABLES)[number]): string {
  const key = table === 'tasks' ? 'number' : 'task'
  // 0 is a column that is stored as given; others are made by the system.
  const columns = db.prepare(`SELECT name FROM pragma_table_xinfo('${table}') WHERE hidden = 0`).all()
  const names = columns.map(({ name }) => String(name))
  const values = names.map((name) => valueOf(table, name, key))
  return `WITH RECURSIVE n (i) AS (SELECT $from UNION ALL SELECT i + 1 FROM n WHERE i < $to)
    INSERT INTO ${table} (${names.join(', ')}) SELECT ${values.join(', ')} FROM n, ${table} t WHERE t.${key} = $template`
}

function valueOf(table: (typeof TABLES)[number], name: string, key: string): string {
  if (name === key) return 'n.i'
  if (table === 'attempts' && name === 'id') return ATTEMPT
  if (table === 'outcomes' && name === 'attempt') return ATTEMPT
  if (table === 'outcomes' && name === 'verified') return '1'
  if (name !== 'checksum') return `t.${name}`
  const covered: readonly string[] = table === 'tasks' ? TASK_COLUMNS : OUTCOME_COLUMNS
  return `row_checksum(n.i, ${covered.map((column) => `'${column}', ${valueOf(table, column, key)}`).join(', ')})`
}

/** Of 32 hex digits, as a gateway's are. */
const ATTEMPT = "printf('%032x', n.i)"
