const DAY_MS = 24 * 3_600_000

/** Of a task and what belongs to it. */
const TIMES: ReadonlySet<string> = new Set([
  'created_at',
  'delivery_deadline',
  'accepted_at',
  'execution_deadline',
  'ended_at',
  'claimed_at',
  'received_at',
])

/** The SQL of a column of the copy `n.i` of `count`, which lie evenly over so many days until now; undefined where it is no time. */
export function spreadTimes(count: number, days: number): (column: string) => string | undefined {
  const gap = Math.floor((days * DAY_MS) / count)
  return (column) => (TIMES.has(column) ? `t.${column} - (${count} - n.i) * CAST(${gap} AS bigint)` : undefined)
}
