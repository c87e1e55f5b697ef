import { createBatcher, type Settled } from '../../base/batch.ts'
import type { Clock } from '../../base/clock.ts'
import { explained, isPassing } from './database-errors.ts'
import { laneLimits } from './lane-limits.ts'
import type { Transactions } from './transactions.ts'
import type { Unit } from './unit.ts'

const MAX_BATCH = 128

type Work = (unit: Unit) => Promise<void>

/**
 * Writes that wait for each other anyway, such as the changes of one account: one after the other on one connection,
 * and many in one commit. Each is a savepoint of its own, and one that fails is undone alone.
 */
export function savepointLane(transactions: Transactions, clock: Clock): Transactions['write'] {
  const batcher = createBatcher<Work, void>({
    maxItems: MAX_BATCH,
    maxWeight: Infinity,
    weigh: () => 0,
    ...laneLimits(clock),
    run: (works) =>
      transactions.write(async (unit) => {
        const settled: Settled<void>[] = []
        for (const work of works) settled.push(await inSavepoint(unit, work))
        return settled
      }),
  })
  return async <T>(work: (unit: Unit) => Promise<T>) => {
    const done: { value?: T } = {}
    await batcher.add(async (unit) => {
      done.value = await work(unit)
    })
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the work has run, or the line before has thrown
    return done.value as T
  }
}

async function inSavepoint(unit: Unit, work: Work): Promise<Settled<void>> {
  const { sql } = unit
  await sql.run('begin_savepoint')
  try {
    await work(unit)
    await sql.run('release_savepoint')
    return { ok: true, value: undefined }
  } catch (error) {
    // Then the whole transaction is tried again.
    if (isPassing(error)) throw error
    await sql.run('undo_savepoint')
    return { ok: false, error: explained(error) }
  }
}
