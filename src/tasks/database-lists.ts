import { createTurns } from '../base/turns.ts'
import { inOrder } from '../model/database-order.ts'
import type { DatabaseRecord } from '../model/listing.ts'
import { databaseRecord } from '../model/listing-schemas.ts'
import type { Task } from '../store/task-store.ts'

/** Databases kept in all; the list that was read last is kept whatever its length, which is at most a million. */
const MAX_KEPT = 250_000

/** Records read at a time: some milliseconds. */
const SLICE = 1_000

type TaskKey = Pick<Task, 'account' | 'id'>

/** Lists of databases that are read page by page. The result of a task never changes, so a kept one is never old. */
export interface DatabaseLists {
  /** In the order of the contract; empty where the account has no such task or it has no list. */
  get(task: TaskKey): Promise<readonly DatabaseRecord[]>
  /** The same for who reads it once: a list that is not there yet is not kept. */
  once(task: Task): Promise<readonly DatabaseRecord[]>
}

/** `partsOf` gives what the gateway sent, undefined where there is no such task; it is given the task too where that is known. */
export function createDatabaseLists(
  partsOf: (key: TaskKey, task?: Task) => Promise<readonly Uint8Array[] | undefined>,
): DatabaseLists {
  /** The one that was read last is at the end. */
  const kept = new Map<string, readonly DatabaseRecord[]>()
  const loading = new Map<string, Promise<readonly DatabaseRecord[]>>()

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

  /** Of parts that stay in memory elsewhere, as long as they do. */
  const known = new WeakMap<readonly Uint8Array[], readonly DatabaseRecord[]>()

  const load = async (key: TaskKey, task?: Task) => {
    const parts = await partsOf(key, task)
    // A task that has no list yet may get one.
    if (parts === undefined || parts.length === 0) return []
    if (parts.length === 1) {
      const list = known.get(parts) ?? (await read(parts))
      known.set(parts, list)
      return list
    }
    const reading = before.then(() => read(parts))
    before = reading.catch(() => {})
    return reading
  }
  const read = async (parts: readonly Uint8Array[]) => {
    const records: DatabaseRecord[] = []
    for (const line of linesOf(parts)) {
      // A long list takes seconds to read, and others wait meanwhile.
      if (records.length % SLICE === SLICE - 1) await turn()
      records.push(databaseRecord.parse(JSON.parse(line)))
    }
    return inOrder(records)
  }
  /** Whoever asks at the same time waits for the same reading. */
  const shared = (of: TaskKey, task?: Task) => {
    const key = keyOf(of)
    const reading = loading.get(key) ?? load(of, task).finally(() => loading.delete(key))
    loading.set(key, reading)
    return reading
  }

  return {
    async get(task) {
      const key = keyOf(task)
      const list = kept.get(key) ?? (await shared(task))
      if (list.length > 0) keep(key, list)
      return list
    },
    async once(task) {
      const list = kept.get(keyOf(task)) ?? (await shared(task, task))
      // Those who waited for the same reading go on one after the other.
      if (list.length > SLICE) await turn()
      return list
    },
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
