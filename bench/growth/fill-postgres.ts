import { nextPartition } from '../../src/store/postgres/partitions.ts'
import { integer } from '../../src/store/row.ts'
import type { PostgresqlServer } from '../../test/fixtures/postgresql.ts'
import type { Filling } from './growth-stores.ts'
import { spreadTimes } from './spread-times.ts'

const STEP = 50_000
const TABLES = ['tasks', 'attempts', 'outcomes', 'results'] as const
type Table = (typeof TABLES)[number]
/** Of 32 hex digits, as a gateway's are. */
const ATTEMPT = "lpad(to_hex(n.i), 32, '0')"

type Query = PostgresqlServer['query']

/**
 * Puts copies of the newest task, which has ended well, into a store that no server has open, until it has so many, in
 * partitions as servers make them. Rows have no checksums here; everything that tells one task from another is its own.
 */
export async function fillPostgres(query: Query, { count, days, say }: Filling): Promise<void> {
  const number = async (sql: string) => integer((await query(`SELECT (${sql})::integer AS value`))[0] ?? {}, 'value')
  const template = await number('SELECT max(number) FROM tasks')
  const size = await number('SELECT partition_size FROM meta')
  const made = await number("SELECT count(*) FROM pg_inherits WHERE inhparent = 'tasks'::regclass")
  for (let after = made * size + 1; after <= count; ) {
    const { first, next } = nextPartition({ from: 1, after }, size)
    await query(`SELECT make_task_partition(${first}, ${next})`)
    after = next
  }
  const timeOf = spreadTimes(count, days)
  const copies = await Promise.all(TABLES.map((table) => copyOf(query, table, timeOf)))
  const began = performance.now()
  for (let last = template; last < count; ) {
    const to = Math.min(count, last + STEP)
    const inserts = copies.map((copy) => copy({ from: last + 1, to, template }))
    // A machine that fails meanwhile loses what can be made again.
    await query(['SET synchronous_commit = off', ...inserts].join('; '))
    last = to
    if (last % (STEP * 10) === 0)
      say(`    ${last} of ${count} tasks after ${Math.round((performance.now() - began) / 1000)} s`)
  }
  await query(`SELECT setval('task_numbers', ${Math.max(template, count)})`)
  // What a database that ran all the time would have done bit by bit.
  await query('VACUUM (ANALYZE)')
  await query('CHECKPOINT')
}

/** `INSERT … SELECT` of the rows of the task `template`, for each number from `from` to `to`. */
async function copyOf(query: Query, table: Table, timeOf: ReturnType<typeof spreadTimes>) {
  const given = `SELECT column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = '${table}' AND is_generated = 'NEVER' ORDER BY ordinal_position`
  const names = (await query(given)).map((row) => String(row['column_name']))
  const values = names.map((name) => timeOf(name) ?? valueOf(table, name))
  return ({ from, to, template }: Readonly<Record<'from' | 'to' | 'template', number>>) =>
    `INSERT INTO ${table} (${names.join(', ')}) SELECT ${values.join(', ')}
    FROM generate_series(${from}, ${to}) AS n (i), ${table} t WHERE t.${keyOf(table)} = ${template}`
}

const keyOf = (table: Table) => (table === 'tasks' ? 'number' : 'task')

function valueOf(table: Table, name: string): string {
  if (name === keyOf(table)) return 'n.i'
  if (table === 'attempts' && name === 'id') return ATTEMPT
  if (table === 'outcomes' && name === 'attempt') return ATTEMPT
  if (table === 'outcomes' && name === 'verified') return 'true'
  return `t.${name}`
}
