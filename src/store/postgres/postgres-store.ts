import { randomUUID } from 'node:crypto'
import { type Clock, systemClock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { type PostgresAddress, readPostgresAddress } from '../../model/postgres-address.ts'
import type { Instant } from '../../model/task.ts'
import { publicIds } from '../public-id.ts'
import type { Store } from '../store.ts'
import type { Task } from '../task-store.ts'
import { type Connect, type Connection, connector } from './connection.ts'
import { cannotOpen } from './database-errors.ts'
import { databaseHealth } from './database-health.ts'
import { lookLane } from './look-lane.ts'
import { inspect, type Migrated, migrate, MIGRATION_MS } from './migrate.ts'
import { joinNodes, leaveNodes, renewNode } from './node-units.ts'
import { openFloor } from './open-floor.ts'
import { dropPartitions, makePartitions, partitionsAhead } from './partitions.ts'
import { createPool } from './pool.ts'
import { postgresAccessStore } from './postgres-access-store.ts'
import { postgresBuckets } from './postgres-buckets.ts'
import { postgresFleetStore } from './postgres-fleet-store.ts'
import { postgresTaskStore } from './postgres-task-store.ts'
import { purgeRows } from './purge-units.ts'
import { loadStatements, statementsOn, type TextOf } from './statements.ts'
import { expireTasks } from './task-units.ts'
import { createTransactions, type StoreTransactions, type Transactions } from './transactions.ts'

const CONNECTIONS = 10
/** Of those, for sessions: when all gateways come back at once, callers do not wait behind them. */
const FLEET_CONNECTIONS = 3

export interface PostgresStoreOptions {
  /**
   * `postgres://USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE`; may lead through poolers that lend connections by the
   * transaction. Of several hosts the one that takes writes is used, and another one when that changes.
   */
  readonly url: string
  /** Past such a pooler, for migrations; `url` unless given. */
  readonly directUrl?: string
  /** Most connections, 10 unless given; at least 5. */
  readonly connections?: number
  /** Instead of the database's clock, for tests. */
  readonly clock?: Clock
  readonly log: Log
}

/**
 * Opens the store that nodes share, makes it where there is none, and migrates it. Refused with what to do: a database
 * that needs a newer version, or cannot be a store. All times are the database's.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const { url, directUrl = url, connections = CONNECTIONS, clock, log } = options
  const ownClock = clock ?? systemClock()
  const pooled = databaseAt(readPostgresAddress(url, '--store'))
  const direct = databaseAt(readPostgresAddress(directUrl, directUrl === url ? '--store' : '--store-direct'))
  const textOf = loadStatements()
  const { meta, warnings } = await prepare({ pooled, direct, textOf })
  for (const warning of warnings) log.warn({}, warning)

  const ids = publicIds(meta.idKey)
  const losses = { count: 0 }
  const health = databaseHealth()
  const floor = openFloor(losses)
  await using opening = new AsyncDisposableStack()
  const pool = opening.use(createPool(pooled.connect, { max: Math.max(connections - FLEET_CONNECTIONS, 2), losses }))
  const fleetPool = opening.use(createPool(pooled.connect, { max: FLEET_CONNECTIONS, losses }))
  const node = randomUUID()
  const shared = { textOf, ids, node, floor: () => floor.value, health, ...(clock && { clock }) }
  const transactions = createTransactions({ ...shared, pool })
  const { write } = createTransactions({ ...shared, pool: fleetPool })
  await floor.begin(transactions)
  await makePartitions(transactions, 'wait')
  await transactions.write(joinNodes)
  opening.defer(() => leave(transactions, log))

  const ahead = opening.use(partitionsAhead({ transactions, clock: ownClock, log }))
  const expire = async (): Promise<readonly Task[]> => {
    // First of all, since others take this node for dead without it; nothing that may wait for a lock comes before a deadline.
    await transactions.write(renewNode)
    ahead.wake()
    await floor.raise(transactions).catch((error: unknown) => {
      log.warn({ err: error }, 'it is not known which tasks are the oldest that are open; the next round looks again')
    })
    return transactions.write(expireTasks)
  }
  const lookUp = lookLane(transactions, ownClock)
  const open = opening.move()
  return {
    serverId: meta.serverId,
    // A database is brought back by means of its own, which leave no note of it here.
    restoredAt: undefined,
    // A database that is away comes back: nothing here has to be started again.
    failed: new Promise(() => undefined),
    problem: () => health.problem(),
    tasks: postgresTaskStore({ transactions, lookUp, clock: ownClock, ids, expire }),
    fleet: postgresFleetStore({ transactions: { look: transactions.look, write }, lookUp, ids }),
    access: postgresAccessStore(transactions, lookUp, ownClock),
    buckets: postgresBuckets({ transactions, clock: ownClock, time: clock }),
    purge: (_now, { taskMs }, limit) => purge(transactions, { taskMs, limit, latest: ownClock.wall() }),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

async function purge(
  transactions: StoreTransactions,
  wanted: { readonly taskMs: number; readonly limit: number; readonly latest: Instant },
): Promise<number> {
  const { removed, before, now } = await transactions.write((unit) => purgeRows(unit, wanted))
  const buckets = await transactions.statement((sql) => sql.run('purge_buckets', { now, limit: wanted.limit }))
  return removed + buckets + (await dropPartitions(transactions, before))
}

interface Database {
  readonly address: PostgresAddress
  readonly connect: Connect
}

const databaseAt = (address: PostgresAddress): Database => ({ address, connect: connector(address) })

/** Looks at the database, migrates it where that is needed, and looks again. */
async function prepare(parts: { pooled: Database; direct: Database; textOf: TextOf }): Promise<Migrated> {
  const { pooled, direct, textOf } = parts
  const first = await onConnection(pooled, (connection) => inspect(statementsOn(connection, textOf)))
  if (first.migrated !== undefined && first.pending.length === 0) return first.migrated
  await onConnection(direct, (connection) => migrate(connection, statementsOn(connection, textOf)), MIGRATION_MS)
  const { migrated } = await onConnection(pooled, (connection) => inspect(statementsOn(connection, textOf)))
  if (migrated === undefined) throw new Error('the migrations left a store without a name')
  return migrated
}

async function onConnection<T>(
  { address, connect }: Database,
  work: (connection: Connection) => Promise<T>,
  answerMs?: number,
): Promise<T> {
  try {
    const connection = await connect(answerMs)
    try {
      return await work(connection)
    } finally {
      await connection.close()
    }
  } catch (error) {
    throw cannotOpen(error, address)
  }
}

/** A database that is away learns it when this node is not renewed. */
async function leave({ write }: Transactions, log: Log): Promise<void> {
  try {
    await write(leaveNodes)
  } catch (error) {
    log.warn({ err: error }, 'the node could not take leave of the database')
  }
}
