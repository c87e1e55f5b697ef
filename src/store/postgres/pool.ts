import { PosternError } from '../../model/errors.ts'
import type { Connect, Connection } from './connection.ts'

/** Most callers that wait for a connection, and how long each does. */
const MAX_WAITING = 20_000
const WAIT_MS = 10_000

/** A bounded number of connections, opened as they are needed. */
export interface Pool extends AsyncDisposable {
  /**
   * Lends a connection to `work`. One that is not usable afterwards is thrown away, with all that nobody uses: their
   * host is gone, or takes no writes any more.
   */
  use<T>(work: (connection: Connection) => Promise<T>): Promise<T>
}

interface Waiter {
  readonly resolve: (connection: Connection | undefined) => void
  readonly reject: (error: Error) => void
}

export function createPool(connect: Connect, max: number): Pool {
  const idle: Connection[] = []
  const waiting = new Set<Waiter>()
  let lent = 0
  let closed: PromiseWithResolvers<void> | undefined

  /** A connection, or undefined for a place to open one in. */
  const take = (): Promise<Connection | undefined> => {
    if (closed !== undefined) return Promise.reject(unavailable('The store is closed.'))
    for (let free = idle.pop(); free !== undefined; free = idle.pop()) {
      if (!free.usable) continue
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
        reject(unavailable('No connection to the database was free in time.'))
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
    const kept = connection?.usable === true ? connection : undefined
    if (connection !== undefined && kept === undefined) for (const other of idle.splice(0)) other.destroy()
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
        connection ??= await connect()
        return await work(connection)
      } finally {
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

const unavailable = (why: string) => new PosternError('ServiceUnavailable', { values: { why } })
