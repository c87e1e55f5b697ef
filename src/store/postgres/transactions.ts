import type { Clock } from '../../base/clock.ts'
import { IS_READ_ONLY, readOnlyError, saysReadOnly, SHOW_READ_ONLY, showsReadOnly } from '../../base/postgres-login.ts'
import type { Instant } from '../../model/task.ts'
import type { PublicIds } from '../public-id.ts'
import { integer, type Row } from '../row.ts'
import type { Answer, Connection } from './connection.ts'
import { explained, isContention, isLeaving, isPassing, outcomeUnknown } from './database-errors.ts'
import type { DatabaseHealth } from './database-health.ts'
import type { Pool } from './pool.ts'
import { type Ask, type Statements, statementsOn, type TextOf } from './statements.ts'
import type { BatchUnit, Unit } from './unit.ts'

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
  'SET LOCAL max_parallel_workers_per_gather = 0',
  'SET LOCAL jit = off',
].join('; ')
const FACTS = `SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now, ${IS_READ_ONLY}`
/** What a transaction begins with, always in one message. */
const BEGIN = {
  read: `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${LIMITS}; ${FACTS}`,
  write: `BEGIN; ${LIMITS}; ${FACTS}`,
} as const
/** Of many writes, which ask for the time themselves. A database that takes no writes refuses the first of them. */
const BEGIN_BULK = `BEGIN; ${LIMITS}`
/** Statements of one message are a transaction without being told; the functions have settings of their own. */
const BEFORE_CALLS = `SET LOCAL statement_timeout = 5000; ${SHOW_READ_ONLY}`

/** Runs units, each in a transaction of its own, whole or not at all. */
export interface Transactions {
  /**
   * Resolves after the commit. What only failed because others were faster, or because the connection was lost before
   * the commit, is tried again: `work` may run several times. Where the commit itself was lost: ServiceUnavailable.
   */
  readonly write: <T>(work: (unit: Unit) => Promise<T>) => Promise<T>
  /** All statements of it see one moment. For those that need the answer of another one: each is a round trip. */
  readonly read: <T>(work: (unit: Unit) => Promise<T>) => Promise<T>
  /** The rows of each of these statements, which all see one moment: one round trip. They must give rows and change nothing. */
  readonly look: (asks: readonly Ask[]) => Promise<readonly (readonly Row[])[]>
}

export interface StoreTransactions extends Transactions {
  /**
   * As `look`, for statements that only call a function of the database which has its settings itself: a third of what that costs,
   * and each sees a moment of its own.
   */
  readonly call: (asks: readonly Ask[]) => Promise<readonly (readonly Row[])[]>
  /** As `write`, but it begins in the same message as the first statement, which must be one that only a database that takes writes carries out. */
  readonly bulk: <T>(work: (unit: BatchUnit) => Promise<T>) => Promise<T>
  /**
   * For one statement that writes and may be carried out twice. It is a transaction of its own: its locks end with it, and not when
   * this process gets to the commit; half the round trips. No limit of `write` holds for it but the connection's.
   */
  readonly statement: <T>(work: (sql: Statements) => Promise<T>) => Promise<T>
}

export function createTransactions(parts: {
  readonly pool: Pool
  readonly textOf: TextOf
  readonly ids: PublicIds
  readonly node: string
  readonly floor: () => number
  readonly health: DatabaseHealth
  /** Instead of the database's clock, for tests. */
  readonly clock?: Pick<Clock, 'now'>
}): StoreTransactions {
  const { pool, textOf, ids, node, floor, health, clock } = parts

  /** A pooler may have led it elsewhere meanwhile. A standby can be read, and need not have yet what was acknowledged. */
  const checked = (facts: Answer | undefined): Instant => {
    if (saysReadOnly(facts?.rows)) throw readOnlyError()
    health.answered()
    return clock?.now() ?? integer(facts?.rows[0] ?? {}, 'now')
  }

  const checkedShow = (shown: Answer | undefined) => {
    if (showsReadOnly(shown?.rows)) throw readOnlyError()
    health.answered()
  }

  const transaction = <T>(mode: keyof typeof BEGIN, work: (connection: Connection) => Promise<T>) =>
    pool.use(async (connection) => {
      let committing = false
      const timer = setTimeout(() => connection.destroy(), UNIT_MS)
      try {
        const value = await work(connection)
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

  const stepwise = <T>(mode: keyof typeof BEGIN, work: (unit: Unit) => Promise<T>) =>
    transaction(mode, async (connection) => {
      const [facts] = await connection.script(BEGIN[mode])
      const now = checked(facts)
      return work({ sql: statementsOn(connection, textOf), ids, now, floor: floor(), node })
    })

  const bulk = <T>(work: (unit: BatchUnit) => Promise<T>) =>
    transaction('write', (connection) => {
      let begun = false
      const script = async (text: string) => {
        if (begun) return connection.script(text)
        begun = true
        const answers = await connection.script(`${BEGIN_BULK}; ${text}`)
        health.answered()
        return answers
      }
      return work({ sql: statementsOn({ script }, textOf), ids, time: clock?.now() ?? null, floor: floor() })
    })

  /** All in one message; `check` looks at the answer of what stands before the statements. */
  const inOneMessage = (
    asks: readonly Ask[],
    { before, after, check }: { before: string; after: readonly string[]; check: (answer: Answer | undefined) => void },
  ) =>
    pool.use(async (connection) => {
      try {
        const texts = asks.map(({ name, parameters }) => textOf(name, parameters))
        const [first, ...answers] = await connection.script([before, ...texts, ...after].join('; '))
        check(first)
        if (answers.length !== asks.length) throw new Error('a statement that was to be read gave no rows')
        return answers.map(({ rows }) => rows)
      } catch (error) {
        await undo(connection, error)
        throw error
      }
    })

  /** One statement is its own transaction, and the connection bounds it. */
  const alone = <T>(work: (sql: Statements) => Promise<T>) =>
    pool.use(async (connection) => {
      try {
        const value = await work(statementsOn(connection, textOf))
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
    write: (work) => retried(() => stepwise('write', work)),
    bulk: (work) => retried(() => bulk(work)),
    read: (work) => retried(() => stepwise('read', work)),
    look: (asks) => retried(() => inOneMessage(asks, { before: BEGIN.read, after: ['COMMIT'], check: checked })),
    call: (asks) => retried(() => inOneMessage(asks, { before: BEFORE_CALLS, after: [], check: checkedShow })),
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
