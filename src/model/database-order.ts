import { compareCodePoints, type DatabaseRecord } from './listing.ts'

/** The order of the contract: code points, key spaces by their number. */
export function inOrder(databases: readonly DatabaseRecord[]): readonly DatabaseRecord[] {
  // Gateways send them sorted; another order would cost a sort of up to a million names at each read.
  return isSorted(databases) ? databases : databases.toSorted(compareDatabases)
}

function isSorted(databases: readonly DatabaseRecord[]): boolean {
  let before: DatabaseRecord | undefined
  for (const database of databases) {
    if (before !== undefined && compareDatabases(before, database) > 0) return false
    before = database
  }
  return true
}

function compareDatabases(a: DatabaseRecord, b: DatabaseRecord): number {
  const numbers = a.kind === 'keyspace' && b.kind === 'keyspace' ? keyspaceNumber(a.name) - keyspaceNumber(b.name) : 0
  return numbers || compareCodePoints(a.name, b.name)
}

/** `db10` is 10. */
const keyspaceNumber = (name: string) => Number(/\d+$/.exec(name)?.[0] ?? 0)
