import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { PACKAGE_ROOT, VERSION } from '../../base/version.ts'
import { PosternError } from '../../model/errors.ts'
import { type ServerId, toServerId } from '../../model/ids.ts'
import type { Instant } from '../../model/task.ts'
import { bytes, integer, text } from './row.ts'
import { type Statements, statementsOf } from './statements.ts'

const FOLDER = new URL('migrations/sqlite/', PACKAGE_ROOT)

/** What a store says of itself. */
export interface StoreMeta {
  readonly serverId: ServerId
  /** Key of the permutation that makes the public ids. */
  readonly idKey: Uint8Array
}

export interface Migration {
  readonly number: number
  readonly name: string
  readonly sql: string
  /** The lowest version that can work with the store afterwards, where this one raises it. */
  readonly minNode: string | undefined
}

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

/** In the order of their numbers, which have no gaps. */
export function loadMigrations(): readonly Migration[] {
  const names = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
  return names.map((name, index) => {
    const sql = readFileSync(new URL(name, FOLDER), 'utf8')
    const number = Number(/^\d{4}(?=-)/.exec(name)?.[0])
    if (number !== index + 1) throw new Error(`migration ${name} does not have the number ${index + 1}`)
    return { number, name, sql, minNode: /^-- min-node: (\S+)$/m.exec(sql)?.[1] }
  })
}

/** Whether version `a` is older than `b`, by major, minor and patch. */
export function isOlder(a: string, b: string): boolean {
  const [left, right] = [a, b].map((version) => version.split(/[.+-]/, 3).map(Number))
  for (let i = 0; i < 3; i++) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

function refuseNewerStore(minNode: string, version: string): void {
  if (!isOlder(version, minNode)) return
  throw new PosternError('ServiceUnavailable', {
    message:
      `This store was last used by a newer Postern and needs version ${minNode} or newer; this is ${version}. ` +
      `Nothing was changed. Install Postern ${minNode} or newer and start it on the same folder.`,
  })
}

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
