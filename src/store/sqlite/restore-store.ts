import { closeSync, copyFileSync, fsyncSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { PosternError } from '../../model/errors.ts'
import { type AccessKeyId, toAccessKeyId } from '../../model/ids.ts'
import type { Instant } from '../../model/task.ts'
import { publicIds } from '../public-id.ts'
import { checkSchema } from './check-schema.ts'
import { migrate } from './migrate.ts'
import { bytes, integer, optional, text } from '../row.ts'
import { type Statements, statementsOf } from './statements.ts'
import { createPrivate } from './store-lock.ts'

/** Ten numbers for every millisecond since 1970: more than any server makes, and a hundredth of those there are. */
const NUMBERS_A_MS = 10
/** Where the clock is behind what was given out. */
const MIN_STEP = 1_000_000_000

export interface RestoredKey {
  readonly id: AccessKeyId
  readonly account: string
  readonly principal: string
  readonly active: boolean
}

/** What is back as it was at the moment of the backup, also what was deleted since. */
export interface RestoredStore {
  readonly keys: readonly RestoredKey[]
  readonly users: readonly { readonly id: string; readonly account: string; readonly name: string }[]
  readonly gateways: readonly {
    readonly id: number
    readonly account: string
    readonly name: string
    readonly createdAt: Instant
    readonly lastSeenAt?: Instant
  }[]
}

/**
 * Copies a backup to the new file `to` and makes a store of it that can go on beside what the world remembers of the
 * time after the backup: ids and epochs that were given out since are not given out again, one-time tokens and nonces
 * of before count no more. Throws PosternError where the backup is damaged, or `unseal` throws. Blocks its thread.
 */
export function restoreStore(options: {
  readonly from: string
  readonly to: string
  readonly now: Instant
  readonly unseal: (sealed: Uint8Array, owner: AccessKeyId) => unknown
}): RestoredStore {
  const { from, to, now, unseal } = options
  createPrivate(to)
  copyFileSync(from, to)
  const db = new DatabaseSync(to)
  try {
    const sql = statementsOf(db)
    const keys = inBackup(from, () => {
      db.exec('PRAGMA journal_mode = DELETE; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF')
      refuseDamage(sql)
      if (sql.get('has_meta') === undefined) throw new Error('it is not a store of Postern')
      return sql.all('restored_keys')
    })
    for (const row of keys) unseal(bytes(row, 'sealed_secret'), toAccessKeyId(text(row, 'id')))
    const meta = migrate(db, { now, configure: () => undefined })
    inBackup(from, () => {
      const { broken } = checkSchema(sql)
      if (broken.length > 0) throw new Error(broken.slice(0, 5).join('; '))
    })
    moveOn(db, sql, now)
    return { keys: keys.map(keyOf), ...listed(sql, meta.idKey) }
  } finally {
    db.close()
    sync(to)
  }
}

function refuseDamage(sql: Statements): void {
  const lines = sql.all('integrity_check').map((row) => String(row['integrity_check']))
  const found = lines.filter((line) => line !== 'ok')
  if (found.length > 0) throw new Error(found.slice(0, 5).join('; '))
}

function inBackup<T>(from: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const message = `${from} cannot be restored: ${why}. Nothing was restored; take another backup.`
    throw new PosternError('InvalidParameter', { message, cause })
  }
}

/** In one transaction, so that no copy exists that is half of the past. */
function moveOn(db: DatabaseSync, sql: Statements, now: Instant): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    const jump = { least: now * NUMBERS_A_MS, step: MIN_STEP }
    // A table that was empty so far has no row there.
    for (const name of ['tasks', 'gateways']) {
      if (sql.run('skip_numbers', { name, ...jump }) === 0) sql.run('begin_numbers', { name, least: jump.least })
    }
    sql.run('skip_epochs', { least: Math.floor(now / 1_000) })
    sql.run('expire_unused_enrollments', { now })
    sql.run('set_restored', { now })
    db.exec('COMMIT')
  } finally {
    if (db.isTransaction) db.exec('ROLLBACK')
  }
}

function listed(sql: Statements, idKey: Uint8Array): Pick<RestoredStore, 'users' | 'gateways'> {
  const ids = publicIds(idKey)
  return {
    users: sql.all('restored_users').map((row) => ({
      id: text(row, 'id'),
      account: text(row, 'account'),
      name: text(row, 'name'),
    })),
    gateways: sql.all('restored_gateways').map((row) => {
      const lastSeenAt = optional(row, 'last_seen_at', integer)
      return {
        id: ids.gatewayId(integer(row, 'number')),
        account: text(row, 'account'),
        name: text(row, 'name'),
        createdAt: integer(row, 'created_at'),
        ...(lastSeenAt !== undefined && { lastSeenAt }),
      }
    }),
  }
}

const keyOf = (row: Parameters<typeof text>[0]): RestoredKey => ({
  id: toAccessKeyId(text(row, 'id')),
  account: text(row, 'account'),
  principal: text(row, 'principal'),
  active: integer(row, 'active') === 1,
})

function sync(file: string): void {
  const handle = openSync(file, 'r')
  fsyncSync(handle)
  closeSync(handle)
}
