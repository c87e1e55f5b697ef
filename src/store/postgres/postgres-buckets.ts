import { createBatcher, type Settled } from '../../base/batch.ts'
import type { Clock } from '../../base/clock.ts'
import { integer, text } from '../row.ts'
import type { Leased, LeaseWish, SharedBuckets } from '../shared-buckets.ts'
import { laneLimits } from './lane-limits.ts'
import { jsonRows, type Statements } from './statements.ts'
import type { StoreTransactions } from './transactions.ts'
import { inRounds } from './write-lane.ts'

const MAX_BATCH = 512

/** All wishes of the same moment are one statement, which is a transaction of its own. */
export function postgresBuckets(parts: {
  readonly transactions: Pick<StoreTransactions, 'statement'>
  /** Of this process. */
  readonly clock: Clock
  /** Instead of the database's clock, for tests. */
  readonly time?: Pick<Clock, 'now'> | undefined
}): SharedBuckets {
  const { transactions, clock, time } = parts
  const lease = (wishes: readonly LeaseWish[]) =>
    transactions.statement((sql) => leaseTokens(sql, wishes, time?.now() ?? null))
  const batcher = createBatcher<LeaseWish, Leased>({
    maxItems: MAX_BATCH,
    maxWeight: Infinity,
    weigh: () => 0,
    ...laneLimits(clock),
    async run(wishes) {
      const leased = await inRounds(wishes, ({ name }) => [name], lease)
      return leased.map((value): Settled<Leased> => ({ ok: true, value }))
    },
  })
  return { lease: (wish) => batcher.add(wish) }
}

/** Of buckets that are all different. */
async function leaseTokens(
  sql: Statements,
  wishes: readonly LeaseWish[],
  now: number | null,
): Promise<readonly Leased[]> {
  const asked = wishes.map(({ name, perSecond, burst, want }) => ({ name, per_second: perSecond, burst, want }))
  const rows = await sql.all('lease_tokens', { wishes: jsonRows(asked), now })
  const leased = new Map(
    rows.map((row) => [text(row, 'name'), { tokens: integer(row, 'leased'), waitMs: integer(row, 'wait_ms') }]),
  )
  return wishes.flatMap(({ name }) => leased.get(name) ?? [])
}
