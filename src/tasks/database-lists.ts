import { setImmediate } from 'node:timers/promises'
import { inOrder } from '../model/database-order.ts'
import type { AccountId, TaskId } from '../model/ids.ts'
import { type DatabaseRecord, databaseRecord } from '../model/listing.ts'
import type { TaskStore } from '../store/task-store.ts'

/** Databases kept in all; the list that was read last is kept whatever its length, which is at most a million. */
const MAX_KEPT = 250_000

/** Lists of databases that are read page by page. The result of a task never changes, so a kept one is never old. */
export interface DatabaseLists {
  /** In the order of the contract; empty where the account has no such task or it has no list. */
  get(account: AccountId, task: TaskId): Promise<readonly DatabaseRecord[]>
  /** The same for who reads it once: a list that is not there yet is not kept. */
  once(account: AccountId, task: TaskId): Promise<readonly DatabaseRecord[]>
}

export function createDatabaseLists(store: Pick<TaskStore, 'parts'>): DatabaseLists {
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
  const load = async (account: AccountId, task: TaskId) => {
    const parts = await store.parts(account, task)
    // A task that has no list yet may get one.
    if (parts === undefined || parts.length === 0) return []
    const records: DatabaseRecord[] = []
    for (const part of parts) {
      readRecords(part, records)
      // A long list takes seconds to read, and others wait meanwhile.
      await setImmediate()
    }
    return inOrder(records)
  }

  return {
    async get(account, task) {
      const key = keyOf(account, task)
      let list = kept.get(key)
      if (list === undefined) {
        // Whoever asks at the same time waits for the same reading.
        const reading = loading.get(key) ?? load(account, task).finally(() => loading.delete(key))
        loading.set(key, reading)
        list = await reading
      }
      if (list.length > 0) keep(key, list)
      return list
    },
    async once(account, task) {
      const key = keyOf(account, task)
      return kept.get(key) ?? (await (loading.get(key) ?? load(account, task)))
    },
  }
}

const keyOf = (account: AccountId, task: TaskId) => `${account} ${task}`

/** Appends the databases of one part, one line of JSON each. */
function readRecords(part: Uint8Array, into: DatabaseRecord[]): void {
  // A view: the bytes are not copied.
  const text = Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('utf8')
  for (const line of text.split('\n')) {
    if (line !== '') into.push(databaseRecord.parse(JSON.parse(line)))
  }
}
