import { setImmediate } from 'node:timers/promises'
import { sortInSlices } from '../base/sort-in-slices.ts'
import { compareCodePoints, type DatabaseRecord } from './listing.ts'

const SLICE = 5_000

/** The order of the contract: code points, key spaces by their number. Others get their turn in between. */
export async function inOrder(databases: readonly DatabaseRecord[]): Promise<readonly DatabaseRecord[]> {
  // Gateways send them sorted; another order would cost a sort of up to a million names at each read.
  return (await isSorted(databases)) ? databases : sortInSlices(databases, compareDatabases)
}

async function isSorted(databases: readonly DatabaseRecord[]): Promise<boolean> {
  let before: DatabaseRecord | undefined
  for (let place = 0; place < databases.length; place++) {
    const database = databases[place]
    if (database === undefined) continue
    if (before !== undefined && compareDatabases(before, database) > 0) return false
    before = database
    if (place % SLICE === SLICE - 1) await setImmediate()
  }
  return true
}

/** Below 0 where `a` comes first. */
export function compareDatabases(a: DatabaseRecord, b: DatabaseRecord): number {
  const numbers = a.kind === 'keyspace' && b.kind === 'keyspace' ? keyspaceNumber(a.name) - keyspaceNumber(b.name) : 0
  return numbers || compareCodePoints(a.name, b.name)
}

/** `db10` is 10. */
const keyspaceNumber = (name: string) => Number(/\d+$/.exec(name)?.[0] ?? 0)
