import { integer, text } from '../row.ts'
import type { Leased, LeaseWish } from '../shared-buckets.ts'
import { jsonRows } from './statements.ts'
import type { Unit } from './unit.ts'
import type { BulkUnit } from './write-lane.ts'

export const LEASE_TOKENS: BulkUnit<LeaseWish, Leased> = { run: leaseTokens, keys: ({ name }) => [name] }

async function leaseTokens({ sql, now }: Unit, wishes: readonly LeaseWish[]): Promise<readonly Leased[]> {
  const rows = wishes.map(({ name, perSecond, burst, want }) => ({ name, per_second: perSecond, burst, want }))
  const leased = await sql.all('lease_tokens', { wishes: jsonRows(rows), now })
  const byName = new Map(leased.map((row) => [text(row, 'name'), row]))
  return wishes.map(({ name }) => {
    const row = byName.get(name)
    if (row === undefined) throw new Error('a bucket gave no answer')
    return { tokens: integer(row, 'leased'), waitMs: integer(row, 'wait_ms') }
  })
}
