import { randomBytes } from 'node:crypto'
import { PACKAGE_ROOT, VERSION } from '../../base/version.ts'
import { PosternError } from '../../model/errors.ts'
import { toServerId } from '../../model/ids.ts'
import { isOlder, type Migration, readMigrations, refuseNewerStore, type StoreMeta } from '../migrations.ts'
import { bytes, integer, type Row, text } from '../row.ts'
import type { Connection } from './connection.ts'
import type { Statements } from './statements.ts'

const FOLDER = new URL('migrations/postgres/', PACKAGE_ROOT)
/** PostgreSQL 13: the oldest that everything here was made for. */
const OLDEST = 130_000
/** Beyond what the database allows itself. */
export const MIGRATION_MS = 11 * 60_000
/** Another node may be migrating. */
const LIMITS = "SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = '10min'"

export interface Migrated {
  readonly meta: StoreMeta
  /** What an operator should know of the database's settings. */
  readonly warnings: readonly string[]
}

/** What the database says of itself, and whether migrations are missing. Throws where this version must not use it. */
export async function inspect(
  sql: Statements,
  options: { readonly version?: string; readonly migrations?: readonly Migration[] } = {},
): Promise<{ readonly migrated?: Migrated; readonly pending: readonly Migration[] }> {
  const { version = VERSION, migrations = readMigrations(FOLDER) } = options
  const settings = (await sql.get('server_settings')) ?? {}
  if (integer(settings, 'version') < OLDEST) throw refused('it is older than PostgreSQL 13')
  const encoding = text(settings, 'encoding')
  if (encoding !== 'UTF8') throw refused(`its encoding is ${encoding}; make one with ENCODING 'UTF8'`)
  if ((await sql.get('has_meta'))?.['there'] !== true) return { pending: migrations }
  const meta = await sql.get('meta')
  if (meta === undefined) return { pending: migrations }
  refuseNewerStore(text(meta, 'min_node'), version)
  const applied = new Set((await sql.all('applied_migrations')).map((row) => integer(row, 'number')))
  return {
    pending: migrations.filter(({ number }) => !applied.has(number)),
    migrated: {
      meta: { serverId: toServerId(text(meta, 'server_id')), idKey: bytes(meta, 'id_key') },
      warnings: warningsOf(settings),
    },
  }
}

/** Settings with which the database does not keep what it has acknowledged. */
function warningsOf(settings: Row): readonly string[] {
  const commit = text(settings, 'synchronous_commit')
  const loses: [name: string, warns: boolean, what: string][] = [
    ['synchronous_commit', commit === 'off', 'a crash of the database or a failover loses acknowledged tasks'],
    [
      'synchronous_commit',
      settings['has_standby'] === true && (commit === 'local' || commit === 'remote_write'),
      `a failover may lose acknowledged tasks; use on or remote_apply`,
    ],
    ['fsync', settings['fsync'] !== true, 'a crash of its machine loses acknowledged tasks, or the whole database'],
    ['full_page_writes', settings['full_page_writes'] !== true, 'a crash of its machine can damage the database'],
  ]
  return loses
    .filter(([, warns]) => warns)
    .map(
      ([name, , what]) =>
        `${name} of the store's database is ${name === 'synchronous_commit' ? commit : 'off'}: ${what}`,
    )
}

/**
 * Brings the database to the schema of this version, all of it in one transaction, while older nodes go on: whoever
 * needs a newer version than they are says so in `min-node`, and they are refused at their next start. One node does
 * it, the others wait for it.
 */
export async function migrate(
  connection: Connection,
  sql: Statements,
  options: { readonly version?: string; readonly migrations?: readonly Migration[] } = {},
): Promise<void> {
  const { version = VERSION } = options
  await connection.script(`BEGIN; ${LIMITS}`)
  try {
    await sql.get('migration_lock')
    const { pending } = await inspect(sql, options)
    let minNode: string | undefined
    for (const { number, name, sql: script, minNode: needed } of pending) {
      await connection.script(script)
      await sql.run('insert_migration', { number, name, version })
      if (needed !== undefined && (minNode === undefined || isOlder(minNode, needed))) minNode = needed
    }
    if (minNode !== undefined) {
      const server_id = randomBytes(16).toString('hex')
      await sql.run('begin_meta', { server_id, id_key: randomBytes(32), min_node: minNode })
    }
    await connection.script('COMMIT')
  } catch (error) {
    if (connection.usable) await connection.script('ROLLBACK')
    throw error
  }
}

const refused = (why: string) =>
  new PosternError('InvalidParameter', { message: `The database cannot be the store: ${why}.` })
