import { createBatcher, type Settled } from '../../base/batch.ts'
import type { Clock } from '../../base/clock.ts'
import { integer, type Row } from '../row.ts'
import { laneLimits } from './lane-limits.ts'
import type { StatementName } from './statement-names.ts'
import { jsonRows } from './statements.ts'
import type { StoreTransactions } from './transactions.ts'

/** Questions of one message. A short result has 256 KiB at most. */
const MAX_BATCH = 128

interface Question {
  /**
   * Calls a function that takes `:rows` with `ord` in each, and says in `ord` which one a row of its answer belongs to. Fast,
   * and its answer short.
   */
  readonly statement: StatementName
  readonly row: object
}

/** The rows of one question. */
export type LookUp = (statement: StatementName, row: object) => Promise<readonly Row[]>

/**
 * Reads what is asked at the same time in one message, with one statement for all questions of a kind; what several ask
 * is read once. Answers are of a moment after the question.
 */
export function lookLane(transactions: Pick<StoreTransactions, 'call'>, clock: Clock): LookUp {
  const batcher = createBatcher<Question, readonly Row[]>({
    maxItems: MAX_BATCH,
    maxWeight: Infinity,
    weigh: () => 0,
    ...laneLimits(clock),
    async run(questions) {
      const kinds = new Map<StatementName, Map<string, Row[]>>()
      const keys = questions.map(({ statement, row }) => {
        const key = jsonRows([row])
        const kind = kinds.get(statement) ?? new Map<string, Row[]>()
        kinds.set(statement, kind)
        kind.set(key, kind.get(key) ?? [])
        return { statement, key }
      })
      const asks = [...kinds].map(([name, kind]) => ({ name, parameters: { rows: numbered([...kind.keys()]) } }))
      const answers = await transactions.call(asks)
      for (const [index, kind] of [...kinds.values()].entries()) {
        const lists = [...kind.values()]
        for (const row of answers[index] ?? []) lists[integer(row, 'ord')]?.push(row)
      }
      return keys.map(({ statement, key }): Settled<readonly Row[]> => {
        return { ok: true, value: kinds.get(statement)?.get(key) ?? [] }
      })
    },
  })
  return (statement, row) => batcher.add({ statement, row })
}

/** Each of the texts is a list of one object, which has at least one column. */
const numbered = (rows: readonly string[]) =>
  `[${rows.map((row, ord) => `{"ord":${ord},${row.slice(2, -1)}`).join(',')}]`
