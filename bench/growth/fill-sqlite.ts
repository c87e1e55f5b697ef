import { DatabaseSync } from 'node:sqlite'
import { addChecksumFunctions, OUTCOME_COLUMNS, TASK_COLUMNS } from '../../src/store/sqlite/row-checksum.ts'
import { integer } from '../../src/store/row.ts'
import { spreadTimes } from './spread-times.ts'

const STEP = 50_000
const TABLES = ['tasks', 'attempts', 'outcomes', 'results'] as const
type Table = (typeof TABLES)[number]

export interface FillOptions {
  readonly count: number
  /** Over which the copies lie evenly, until now. */
  readonly days: number
  readonly say: (text: string) => void
  /** Every task that has ended is copied, mixed, to gateways 1 to this; left out: the newest alone, to its own. */
  readonly gateways?: number
}

/**
 * Puts copies of tasks that have ended into a store that no server has open, until it has so many. Each has rows of its own
 * with checksums that hold. An interrupted one goes on where it was.
 */
export function fillSqlite(file: string, { count, days, say, gateways }: FillOptions): void {
  using db = new DatabaseSync(file)
  addChecksumFunctions(db)
  // A machine that fails meanwhile loses what can be made again.
  db.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; PRAGMA foreign_keys = OFF')
  const newest = () => integer(db.prepare('SELECT max(number) AS newest FROM tasks').get() ?? {}, 'newest')
  const first = newest()
  db.exec('CREATE TEMP TABLE templates (slot INTEGER PRIMARY KEY, task INTEGER NOT NULL)')
  const chosen = gateways === undefined ? 'number = (SELECT max(number) FROM tasks)' : 'ended_at IS NOT NULL'
  db.exec(`INSERT INTO templates SELECT row_number() OVER (ORDER BY number) - 1, number FROM tasks WHERE ${chosen}`)
  const timeOf = spreadTimes(count, days)
  const own: Own = (column) =>
    column === 'gateway' && gateways !== undefined ? `1 + ${MIXED} / 65536 % ${gateways}` : timeOf(column)
  const statements = TABLES.map((table) => db.prepare(copyOf(db, table, own)))
  const began = performance.now()
  for (let last = first; last < count; ) {
    const to = Math.min(count, last + STEP)
    db.exec('BEGIN IMMEDIATE')
    for (const copy of statements) copy.run({ from: last + 1, to })
    db.exec('COMMIT')
    last = to
    if (last % (STEP * 10) === 0)
      say(`    ${last} of ${count} tasks after ${Math.round((performance.now() - began) / 1000)} s`)
  }
  // What a server that ran all the time would have done bit by bit.
  db.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA optimize')
}

/** What the copy `n.i` has of its own, by the column. */
type Own = (column: string) => string | undefined

/** The same for the same number, without an order. */
const MIXED = '(n.i * 2654435761 % 4294967296 * 69069 % 4294967291)'

/** `INSERT … SELECT` of the rows of a template for each number from `$from` to `$to`. */
function copyOf(db: DatabaseSync, table: Table, own: Own): string {
  const key = table === 'tasks' ? 'number' : 'task'
  // 0 is a column that is stored as given; others are made by the system.
  const columns = db.prepare(`SELECT name FROM pragma_table_xinfo('${table}') WHERE hidden = 0`).all()
  const names = columns.map(({ name }) => String(name))
  const values = names.map((name) => valueOf(table, name, { key, own }))
  return `WITH RECURSIVE n (i) AS (SELECT $from UNION ALL SELECT i + 1 FROM n WHERE i < $to)
    INSERT INTO ${table} (${names.join(', ')}) SELECT ${values.join(', ')} FROM n
    CROSS JOIN templates ON slot = ${MIXED} / 256 % (SELECT count(*) FROM templates)
    CROSS JOIN ${table} t ON t.${key} = templates.task`
}

function valueOf(table: Table, name: string, { key, own }: { readonly key: string; readonly own: Own }): string {
  if (name === key) return 'n.i'
  if (table === 'attempts' && name === 'id') return ATTEMPT
  if (table === 'outcomes' && name === 'attempt') return ATTEMPT
  if (table === 'outcomes' && name === 'verified') return '1'
  if (name !== 'checksum') return own(name) ?? `t.${name}`
  const covered: readonly string[] = table === 'tasks' ? TASK_COLUMNS : OUTCOME_COLUMNS
  const pairs = covered.map((column) => `'${column}', ${valueOf(table, column, { key, own })}`)
  return `row_checksum(n.i, ${pairs.join(', ')})`
}

/** Of 32 hex digits, as a gateway's are. */
const ATTEMPT = "printf('%032x', n.i)"
