import { DatabaseSync } from 'node:sqlite'
import { VERSION } from '../../base/version.ts'
import { isOlder } from '../migrations.ts'
import { loadMigrations } from './migrate.ts'
import { integer, text } from '../row.ts'
import { type Statements, statementsOf } from './statements.ts'

export interface CheckedSchema {
  /** How many tables and indexes there must be. */
  readonly count: number
  /** What is missing or is not as the migrations make it. */
  readonly broken: readonly string[]
  /** What somebody else added. */
  readonly foreign: readonly string[]
}

/** Beside a store that the same migrations made a moment ago. Throws where the store needs a newer version to be understood. */
export function checkSchema(sql: Statements): CheckedSchema {
  const meta = sql.get('has_meta') && sql.get('meta')
  if (meta === undefined) throw new Error('the store does not say which version it is of')
  const minNode = text(meta, 'min_node')
  if (isOlder(VERSION, minNode)) throw new Error(`this is ${VERSION}, and the store needs ${minNode} to be understood`)
  const applied = new Set(sql.all('applied_migrations').map((row) => integer(row, 'number')))
  const fresh = new DatabaseSync(':memory:')
  try {
    for (const migration of loadMigrations()) if (applied.delete(migration.number)) fresh.exec(migration.sql)
    // A newer version that works beside this one made additions: they are not known here.
    const additions = applied.size > 0
    const expected = objects(statementsOf(fresh))
    const found = objects(sql)
    const broken: string[] = []
    for (const [name, definition] of expected) {
      if (!found.has(name)) broken.push(`the ${name} is missing`)
      else if (found.get(name) !== definition && !additions) broken.push(`the ${name} is not as it was made`)
    }
    const others = additions ? [] : [...found.keys()].filter((name) => !expected.has(name))
    return { count: expected.size, broken, foreign: others.map((name) => `the ${name} is not Postern's`) }
  } finally {
    fresh.close()
  }
}

const objects = (sql: Statements) =>
  new Map(sql.all('schema_objects').map((row) => [`${text(row, 'type')} ${text(row, 'name')}`, text(row, 'sql')]))
