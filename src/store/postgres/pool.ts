import { PosternError } from '../../model/errors.ts'
import type { Connect, Connection } from './connection.ts'

/** Most callers that wait for a connection, and how long each does. */
const MAX_WAITING = 20_000
const WAIT_MS = 5_000

/** A bounded number of connections, opened as they are needed. */
export interface Pool extends AsyncDisposable {
  /** Lends a connection to `work`; one that is not usable afterwards is thrown away and counted as lost. */
  use<T>(work: (connection: Connection) => Promise<T>): Promise<T>
}

/**
 * How many connections were lost while they were used. Those that are older than the last loss probably lead to the same
 * host, which is gone: they are closed, so that nobody waits for the deadline of each of them.
 */
export interface Losses {
  count: number
}

interface Waiter {
  readonly resolve: (connection: Connection | undefined) => void
  readonly reject: (error: Error) => void
}

export function createPool(connect: Connect, { max, losses }: { max: number; losses: Losses }): Pool {
  const idle: Connection[] = []
  const openedAfter = new WeakMap<Connection, number>()
  const isTrusted = (connection: Connection) => connection.usable && openedAfter.get(connection) === losses.count
  const waiting = new Set<Waiter>()
  let lent = 0
  let closed: PromiseWithResolvers<void> | undefined

  /** A connection, or undefined for a place to open one in. */
  const take = (): Promise<Connection | undefined> => {
    if (closed !== undefined) return Promise.reject(unavailable('The store is closed.'))
    for (let free = idle.pop(); free !== undefined; free = idle.pop()) {
      if (!isTrusted(free)) {
        free.destroy()
        continue
      }
      lent++
      return Promise.resolve(free)
    }
    if (lent < max) {
      lent++
      return Promise.resolve(undefined)
    }
    if (waiting.size >= MAX_WAITING) return Promise.reject(unavailable('More waits for the database than it takes.'))
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(waiter)
        reject(unavailable(NONE_FREE))
      }, WAIT_MS)
      const waiter: Waiter = {
        resolve(connection) {
          clearTimeout(timer)
          resolve(connection)
        },
        reject(error) {
          clearTimeout(timer)
          reject(error)
        },
      }
      waiting.add(waiter)
    })
  }

  const giveBack = (connection: Connection | undefined) => {
    const kept = connection !== undefined && isTrusted(connection) ? connection : undefined
    if (kept === undefined) connection?.destroy()
    const [next] = waiting
    if (next !== undefined) {
      waiting.delete(next)
      return next.resolve(kept)
    }
    lent--
    if (kept !== undefined) idle.push(kept)
    if (lent === 0) closed?.resolve()
  }

  return {
    async use(work) {
      let connection = await take()
      try {
        if (connection === undefined) {
          const since = losses.count
          connection = await connect()
          openedAfter.set(connection, since)
        }
        return await work(connection)
      } finally {
        if (connection?.usable === false) losses.count++
        giveBack(connection)
      }
    },
    async [Symbol.asyncDispose]() {
      if (closed !== undefined) return closed.promise
      closed = Promise.withResolvers<void>()
      for (const waiter of waiting) waiter.reject(unavailable('The store is closed.'))
      waiting.clear()
      if (lent === 0) closed.resolve()
      await closed.promise
      await Promise.all(idle.map((connection) => connection.close()))
    },
  }
}

const NONE_FREE =
  'The database of the store cannot be reached, or has too much to do: no connection to it was free in time.'
const RETRY_AFTER_MS = 1_000
const unavailable = (why: string) =>
  new PosternError('ServiceUnavailable', { values: { why }, retryAfterMs: RETRY_AFTER_MS })
