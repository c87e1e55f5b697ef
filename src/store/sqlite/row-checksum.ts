import type { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { integer, optional, type Row } from '../row.ts'

/**
 * The checksum of a row is the sum of one CRC-32 for each column. A statement that changes columns adds the difference,
 * so that a row that was damaged before stays known as damaged: computed anew it would look sound.
 */
export const TASK_COLUMNS = [
  'account',
  'gateway',
  'region',
  'engine',
  'host',
  'port',
  'state',
  'attempts',
  'created_at',
  'created_by',
  'request',
  'delivery_deadline',
  'execution_ms',
  'accepted_at',
  'execution_deadline',
  'step',
  'ended_at',
  'failure_code',
  'failure_message',
  'cancelled_by',
] as const
export const OUTCOME_COLUMNS = [
  'attempt',
  'received_at',
  'outcome_text',
  'digest',
  'signature',
  'key_fingerprint',
  'verified',
] as const

export type RowSoundness = 'sound' | 'damaged' | 'unchecked'

/** Of a row with all columns of `tasks`, and `unchecked_tasks` of the store. */
export function taskRowSoundness(row: Row): RowSoundness {
  return soundness(row, { key: 'number', columns: TASK_COLUMNS })
}

/** Of a row with all columns of `outcomes`, and `unchecked_tasks` of the store. */
export function outcomeRowSoundness(row: Row): RowSoundness {
  return soundness(row, { key: 'task', columns: OUTCOME_COLUMNS })
}

function soundness(row: Row, made: { readonly key: string; readonly columns: readonly string[] }): RowSoundness {
  const number = integer(row, made.key)
  const stored = optional(row, 'checksum', integer)
  // A damaged row can look as if it had none.
  if (stored === undefined) return number <= integer(row, 'unchecked_tasks') ? 'unchecked' : 'damaged'
  const sum = made.columns.reduce((total, column) => total + checksumOf(number, column, row[column] ?? null), 0)
  return sum === stored ? 'sound' : 'damaged'
}

/**
 * Gives the statements of a connection `row_checksum(key, name, value, …)`, and `checksum_change(key, name, old, new, …)`
 * to be added where columns change.
 */
export function addChecksumFunctions(db: DatabaseSync): void {
  const options = { deterministic: true, varargs: true }
  db.function('row_checksum', options, (key, ...pairs) => {
    let sum = 0
    for (let i = 0; i < pairs.length; i += 2) sum += checksumOf(key, pairs[i], pairs[i + 1])
    return sum
  })
  db.function('checksum_change', options, (key, ...changes) => {
    let sum = 0
    for (let i = 0; i < changes.length; i += 3) {
      sum += checksumOf(key, changes[i], changes[i + 2]) - checksumOf(key, changes[i], changes[i + 1])
    }
    return sum
  })
}

/** No column that it covers is a BLOB. What it is of, and of which type, counts as well: `5` is not `'5'`, and a value in another column is another one. */
function checksumOf(key: unknown, column: unknown, value: unknown): number {
  const written = value instanceof Object ? '' : String(value)
  return crc32(`${String(key)} ${String(column)} ${typeof value} ${written}`)
}
