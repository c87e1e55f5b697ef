import type { Clock } from '../../base/clock.ts'
import type { Instant } from '../../model/task.ts'
import type { PublicIds } from '../public-id.ts'
import { integer } from '../row.ts'
import type { Connection } from './connection.ts'
import { explained, isContention, isLeaving, isPassing, outcomeUnknown } from './database-errors.ts'
import type { Pool } from './pool.ts'
import type { Statements } from './statements.ts'
import type { Unit } from './unit.ts'

const MAX_TRIES = 5
/** Between two tries at most; random, so that two nodes do not meet again. */
const RETRY_MS = 50
/**
 * No session state: all of it ends with the transaction, so that a pooler may hand the connection on. Every statement
 * was made for an index; left to statistics, which lag behind a queue, the planner reads and sorts all that waits.
 */
const LIMITS = [
  'SET LOCAL statement_timeout = 10000',
  'SET LOCAL lock_timeout = 3000',
  'SET LOCAL idle_in_transaction_session_timeout = 10000',
  'SET LOCAL enable_seqscan = off',
  'SET LOCAL enable_bitmapscan = off',
  'SET LOCAL jit = off',
].join('; ')
const NOW = 'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now'
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
   * For one statement that may be carried out twice. It is a transaction of its own: its locks end with it, and not when
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
  /** Instead of the database's clock, for tests. */
  readonly clock?: Pick<Clock, 'now'>
}): StoreTransactions {
  const { pool, statements, ids, node, floor, clock } = parts

  const transaction = <T>(mode: keyof typeof BEGIN, work: (unit: Unit) => Promise<T>) =>
    pool.use(async (connection) => {
      let committing = false
      try {
        const begun = await connection.script(`${BEGIN[mode]}; ${LIMITS}; ${NOW}`)
        const now: Instant = clock?.now() ?? integer(begun.rows[0] ?? {}, 'now')
        const value = await work({ sql: statements(connection), ids, now, floor: floor(), node })
        committing = true
        await connection.script('COMMIT')
        return value
      } catch (error) {
        await undo(connection, error)
        if (committing && mode === 'write' && !isDecided(error)) throw outcomeUnknown(error)
        throw error
      }
    })

  return {
    write: (work) => retried(() => transaction('write', work)),
    read: (work) => retried(() => transaction('read', work)),
    statement: (work) => retried(() => pool.use((connection) => work(statements(connection)))),
  }
}

async function retried<T>(once: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await once()
    } catch (error) {
      // A deadlock is worth more tries than a database that is away: that one is waited for by the caller.
      const again = isContention(error) ? tries < MAX_TRIES : isPassing(error) && tries < 3
      if (!again) throw explained(error)
      await new Promise((resolve) => setTimeout(resolve, Math.random() * RETRY_MS * tries))
    }
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
