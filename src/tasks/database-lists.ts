import { createTurns } from '../base/turns.ts'
import { compareDatabases, inOrder } from '../model/database-order.ts'
import type { DatabaseRecord } from '../model/listing.ts'
import { databaseRecord } from '../model/listing-schemas.ts'
import type { Task } from '../store/task-store.ts'
import { DatabaseColumns } from './database-columns.ts'

/** Databases kept in all; the list that was read last is kept whatever its length, which is at most a million. */
const MAX_KEPT = 250_000

/** Records read at a time: some milliseconds. */
const SLICE = 1_000

type TaskKey = Pick<Task, 'account' | 'id'>

/** Lists of databases that are read page by page. The result of a task never changes, so a kept one is never old. */
export interface DatabaseLists {
  /** In the order of the contract; empty where it has no list, undefined where the account has no such task. */
  get(task: TaskKey): Promise<readonly DatabaseRecord[] | undefined>
  /** Their names for who reads them once: a list that is not there yet is not kept. Undefined as above. */
  columns(task: Task): Promise<DatabaseColumns | undefined>
}

/** `partsOf` gives what the gateway sent, undefined where there is no such task; it is given the task too where that is known. */
export function createDatabaseLists(
  partsOf: (key: TaskKey, task?: Task) => Promise<readonly Uint8Array[] | undefined>,
): DatabaseLists {
  /** The one that was read last is at the end. */
  const kept = new Map<string, readonly DatabaseRecord[]>()

  const keep = (key: string, list: readonly DatabaseRecord[]) => {
    kept.delete(key)
    kept.set(key, list)
    let total = [...kept.values()].reduce((sum, { length }) => sum + length + 1, 0)
    for (const [oldest, { length }] of kept) {
      if (total <= MAX_KEPT || oldest === key) return
      kept.delete(oldest)
      total -= length + 1
    }
  }
  const turn = createTurns()
  /** Long lists are read one after the other: ten at a time would take ten times the memory. */
  let before: Promise<unknown> = Promise.resolve()

  const load = async <T>(
    { key, task }: { key: TaskKey; task?: Task },
    read: (parts: readonly Uint8Array[]) => Promise<T>,
  ): Promise<T | undefined> => {
    const parts = await partsOf(key, task)
    if (parts === undefined) return undefined
    // A task that has no list yet may get one.
    if (parts.length < 2) return read(parts)
    const reading = before.then(() => read(parts))
    before = reading.catch(() => {})
    return reading
  }
  /** Each is gone before the next is made. */
  const eachRecord = async (parts: readonly Uint8Array[], take: (record: DatabaseRecord) => void) => {
    let count = 0
    for (const line of linesOf(parts)) {
      // A long list takes seconds to read, and others wait meanwhile.
      if (++count % SLICE === 0) await turn()
      take(databaseRecord.parse(JSON.parse(line)))
    }
  }
  const readRecords = async (parts: readonly Uint8Array[]) => {
    const records: DatabaseRecord[] = []
    await eachRecord(parts, (record) => records.push(record))
    return inOrder(records)
  }
  const readColumns = async (parts: readonly Uint8Array[]) => {
    const columns = new DatabaseColumns()
    let last: DatabaseRecord | undefined
    let isSorted = true
    await eachRecord(parts, (record) => {
      isSorted &&= last === undefined || compareDatabases(last, record) <= 0
      last = record
      columns.add(record)
    })
    // Gateways send them sorted.
    return isSorted ? columns : DatabaseColumns.of(await readRecords(parts))
  }
  /** Of short lists whose parts stay in memory elsewhere, as long as they do. */
  const known = new WeakMap<readonly Uint8Array[], DatabaseColumns>()
  const knownColumns = async (parts: readonly Uint8Array[]) => {
    const read = known.get(parts) ?? (await readColumns(parts))
    if (parts.length === 1) known.set(parts, read)
    return read
  }
  const records = sharedReading((key) => load({ key }, readRecords))
  const columns = sharedReading((task: Task) => load({ key: task, task }, knownColumns))

  return {
    async get(task) {
      const key = keyOf(task)
      const list = kept.get(key) ?? (await records(task))
      if (list !== undefined && list.length > 0) keep(key, list)
      return list
    },
    async columns(task) {
      const list = kept.get(keyOf(task))
      const found = list === undefined ? await columns(task) : DatabaseColumns.of(list)
      // Those who waited for the same reading go on one after the other.
      if (found !== undefined && found.length > SLICE) await turn()
      return found
    },
  }
}

/** Whoever asks at the same time waits for the same reading. */
function sharedReading<K extends TaskKey, T>(read: (task: K) => Promise<T>): (task: K) => Promise<T> {
  const reading = new Map<string, Promise<T>>()
  return (task) => {
    const key = keyOf(task)
    const shared = reading.get(key) ?? read(task).finally(() => reading.delete(key))
    reading.set(key, shared)
    return shared
  }
}

const keyOf = ({ account, id }: TaskKey) => `${account} ${id}`

/** One line of JSON for each database; parts end where a line ends. */
function* linesOf(parts: readonly Uint8Array[]): Generator<string> {
  for (const part of parts) {
    // A view: the bytes are not copied.
    const text = Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('utf8')
    for (const line of text.split('\n')) if (line !== '') yield line
  }
}
