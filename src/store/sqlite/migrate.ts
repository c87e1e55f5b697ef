import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { PACKAGE_ROOT, VERSION } from '../../base/version.ts'
import { toServerId } from '../../model/ids.ts'
import type { Instant } from '../../model/task.ts'
import { type Migration, readMigrations, refuseNewerStore, type StoreMeta } from '../migrations.ts'
import { bytes, integer, text } from '../row.ts'
import { type Statements, statementsOf } from './statements.ts'

const FOLDER = new URL('migrations/sqlite/', PACKAGE_ROOT)

/**
 * Brings the store to the schema of this version, each migration whole or not at all.
 * A store that needs a newer version is refused before anything is changed; a newer schema that this version can work with is not.
 */
export function migrate(
  db: DatabaseSync,
  options: {
    readonly now: Instant
    readonly version?: string
    /** Called once the store is not refused, before its first change. */
    readonly configure: () => void
  },
): StoreMeta {
  const { now, configure, version = VERSION } = options
  const statements = statementsOf(db)
  const before = readMeta(statements)
  if (before !== undefined) refuseNewerStore(before.minNode, version)
  configure()
  const applied = before === undefined ? new Set<number>() : appliedMigrations(statements)
  for (const migration of loadMigrations()) {
    if (!applied.has(migration.number)) apply({ db, statements, migration, now, version })
  }
  const after = readMeta(statements)
  if (after === undefined) throw new Error('the migrations left a store without a name')
  return after
}

export const loadMigrations = () => readMigrations(FOLDER)

function readMeta(statements: Statements): (StoreMeta & { readonly minNode: string }) | undefined {
  if (statements.get('has_meta') === undefined) return undefined
  const row = statements.get('meta')
  if (row === undefined) return undefined
  return { serverId: toServerId(text(row, 'server_id')), idKey: bytes(row, 'id_key'), minNode: text(row, 'min_node') }
}

const appliedMigrations = (statements: Statements) =>
  new Set(statements.all('applied_migrations').map((row) => integer(row, 'number')))

function apply(parts: {
  db: DatabaseSync
  statements: Statements
  migration: Migration
  now: Instant
  version: string
}): void {
  const { db, statements, migration, now, version } = parts
  const { number, name, sql, minNode } = migration
  db.exec('BEGIN IMMEDIATE')
  try {
    db.exec(sql)
    statements.run('insert_migration', { number, name, now, version })
    if (minNode !== undefined) {
      const server_id = randomBytes(16).toString('hex')
      statements.run('insert_meta', { server_id, id_key: randomBytes(32), min_node: minNode })
    }
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw new Error(`migration ${name} failed; the store is as it was before it`, { cause: error })
  }
}
