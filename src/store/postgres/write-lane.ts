import { createBatcher, type Settled } from '../../base/batch.ts'
import type { Clock } from '../../base/clock.ts'
import { PosternError } from '../../model/errors.ts'
import { laneLimits } from './lane-limits.ts'
import type { StoreTransactions } from './transactions.ts'
import type { BatchUnit } from './unit.ts'

/** Beyond that a unit costs no less, and the database compares the units of a batch with each other. */
const MAX_BATCH = 128
const MAX_BATCH_BYTES = 16 * 1024 * 1024

/** A kind of unit that is written many at a time. */
export interface BulkUnit<I, O> {
  /** How each ended, in the order of the inputs. No two of them have a key in common. */
  readonly run: (unit: BatchUnit, inputs: readonly I[]) => Promise<readonly O[]>
  /** What a unit is about: two that share a key are written one after the other. */
  readonly keys: (input: I) => readonly string[]
  readonly bytes?: (input: I) => number
}

/**
 * Writes what comes at the same time in one transaction: one commit, and a few statements however many units there are.
 * A refusal is a result. Where a unit breaks the transaction all the same, each is written by itself.
 */
export function writeLane<I, O>(
  { transactions, clock }: { readonly transactions: Pick<StoreTransactions, 'bulk'>; readonly clock: Clock },
  bulk: BulkUnit<I, O>,
): (input: I) => Promise<O> {
  const { run, keys, bytes = () => 0 } = bulk
  const write = (inputs: readonly I[]) =>
    transactions.bulk((unit) => inRounds(inputs, keys, (round) => run(unit, round)))
  const alone = async (input: I): Promise<Settled<O>> => {
    try {
      const [value] = await write([input])
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one went in, so one came out
      return { ok: true, value: value as O }
    } catch (error) {
      return { ok: false, error }
    }
  }
  const batcher = createBatcher<I, O>({
    maxItems: MAX_BATCH,
    maxWeight: MAX_BATCH_BYTES,
    weigh: bytes,
    ...laneLimits(clock),
    async run(inputs) {
      try {
        return (await write(inputs)).map((value): Settled<O> => ({ ok: true, value }))
      } catch (error) {
        const passes = error instanceof PosternError && error.entry === 'ServiceUnavailable'
        if (passes || inputs.length === 1) throw error
        const settled: Settled<O>[] = []
        for (const input of inputs) settled.push(await alone(input))
        return settled
      }
    },
  })
  return (input) => batcher.add(input)
}

/** What shares a key keeps its order: it goes into the round after the one of those before it. */
export async function inRounds<I, O>(
  inputs: readonly I[],
  keys: (input: I) => readonly string[],
  run: (round: readonly I[]) => Promise<readonly O[]>,
): Promise<readonly O[]> {
  const taken = new Map<string, number>()
  const rounds: number[][] = []
  for (const [index, input] of inputs.entries()) {
    const names = keys(input)
    const round = Math.max(0, ...names.map((name) => (taken.get(name) ?? -1) + 1))
    for (const name of names) taken.set(name, round)
    const list = (rounds[round] ??= [])
    list.push(index)
  }
  const results = new Map<number, O>()
  for (const indexes of rounds) {
    const outputs = await run(indexes.flatMap((index) => inputs.slice(index, index + 1)))
    if (outputs.length !== indexes.length) throw new Error('a bulk unit did not answer each of its inputs')
    for (const [i, output] of outputs.entries()) results.set(indexes[i] ?? -1, output)
  }
  return [...results].toSorted(([a], [b]) => a - b).map(([, output]) => output)
}
