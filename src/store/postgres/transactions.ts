import type { Clock } from '../../base/clock.ts'
import { IS_READ_ONLY, readOnlyError, saysReadOnly } from '../../base/postgres-login.ts'
import type { Instant } from '../../model/task.ts'
import type { PublicIds } from '../public-id.ts'
import { integer } from '../row.ts'
import type { Connection } from './connection.ts'
import { explained, isContention, isLeaving, isPassing, outcomeUnknown } from './database-errors.ts'
import type { DatabaseHealth } from './database-health.ts'
import type { Pool } from './pool.ts'
import type { Statements } from './statements.ts'
import type { Unit } from './unit.ts'

const MAX_TRIES = 5
/** Between two tries at most; random, so that two nodes do not meet again. */
const RETRY_MS = 50
/** A loss that took longer to be seen was a silence, and the caller has waited enough. */
const TRY_LOSS_AGAIN_MS = 1_000
/** A unit that has not ended by then is given up with its connection, whatever each statement of it took. */
const UNIT_MS = 15_000
/**
 * No session state: all of it ends with the transaction, so that a pooler may hand the connection on. Every statement
 * was made for an index; left to statistics, which lag behind a queue, the planner reads and sorts all that waits.
 */
const LIMITS = [
  'SET LOCAL statement_timeout = 5000',
  'SET LOCAL lock_timeout = 3000',
  'SET LOCAL idle_in_transaction_session_timeout = 10000',
  'SET LOCAL enable_seqscan = off',
  'SET LOCAL enable_bitmapscan = off',
  'SET LOCAL jit = off',
].join('; ')
const FACTS = `SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now, ${IS_READ_ONLY}`
const BEGIN = { read: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', write: 'BEGIN' } as const

/** Runs units, each in a transaction of its own, whole or not at all. */
export interface Transactions {
  /**
   * Resolves after the commit. What only failed because others were faster, or because the connection was lost before
   * the commit, is tried again: `work` may run several times. Where the commit itself was lost: ServiceUnavailable.
   */
  readonly write: <T>(work: (unit: Unit) => Promise<T>) => Promise<T>
  /** All statements of it see one moment. */
  readonly read: <T>(work: (unit: Unit) => Promise<T>) => Promise<T>
}

export interface StoreTransactions extends Transactions {
  /**
   * For one statement that writes and may be carried out twice. It is a transaction of its own: its locks end with it, and not when
   * this process gets to the commit; half the round trips. No limit of `write` holds for it but the connection's.
   */
  readonly statement: <T>(work: (sql: Statements) => Promise<T>) => Promise<T>
}

export function createTransactions(parts: {
  readonly pool: Pool
  readonly statements: (connection: Connection) => Statements
  readonly ids: PublicIds
  readonly node: string
  readonly floor: () => number
  readonly health: DatabaseHealth
  /** Instead of the database's clock, for tests. */
  readonly clock?: Pick<Clock, 'now'>
}): StoreTransactions {
  const { pool, statements, ids, node, floor, health, clock } = parts

  const transaction = <T>(mode: keyof typeof BEGIN, work: (unit: Unit) => Promise<T>) =>
    pool.use(async (connection) => {
      let committing = false
      const timer = setTimeout(() => connection.destroy(), UNIT_MS)
      try {
        const { rows } = await connection.script(`${BEGIN[mode]}; ${LIMITS}; ${FACTS}`)
        // A pooler may have led it elsewhere meanwhile. A standby can be read, and need not have yet what was acknowledged.
        if (saysReadOnly(rows)) throw readOnlyError()
        health.answered()
        const now: Instant = clock?.now() ?? integer(rows[0] ?? {}, 'now')
        const value = await work({ sql: statements(connection), ids, now, floor: floor(), node })
        committing = true
        await connection.script('COMMIT')
        return value
      } catch (error) {
        await undo(connection, error)
        if (committing && mode === 'write' && !isDecided(error)) throw outcomeUnknown(error)
        throw error
      } finally {
        clearTimeout(timer)
      }
    })

  /** One statement is its own transaction, and the connection bounds it. */
  const alone = <T>(work: (sql: Statements) => Promise<T>) =>
    pool.use(async (connection) => {
      try {
        const value = await work(statements(connection))
        health.answered()
        return value
      } catch (error) {
        if (isLeaving(error)) connection.destroy()
        throw error
      }
    })

  const retried = async <T>(once: () => Promise<T>): Promise<T> => {
    const began = performance.now()
    health.asked()
    for (let tries = 1; ; tries++) {
      try {
        return await once()
      } catch (error) {
        // A deadlock is worth more tries than a database that is away: that one is waited for by the caller.
        const soon = performance.now() - began < TRY_LOSS_AGAIN_MS
        const again = isContention(error) ? tries < MAX_TRIES : isPassing(error) && tries < 3 && soon
        if (!again) throw explained(error)
        await new Promise((resolve) => setTimeout(resolve, Math.random() * RETRY_MS * tries))
      }
    }
  }
  return {
    write: (work) => retried(() => transaction('write', work)),
    read: (work) => retried(() => transaction('read', work)),
    statement: (work) => retried(() => alone(work)),
  }
}

/** The database itself said that the commit failed, so nothing was changed. A FATAL one may have come after the commit. */
const isDecided = (error: unknown) => error instanceof Error && 'severity' in error && error.severity === 'ERROR'

/** A connection that cannot even do that is in an unknown state; one to a server that takes no writes helps nobody. */
async function undo(connection: Connection, error: unknown): Promise<void> {
  if (!connection.usable || isLeaving(error)) return connection.destroy()
  try {
    await connection.script('ROLLBACK')
  } catch {
    connection.destroy()
  }
}
