import { connect as dial, type Socket } from 'node:net'
import type { Sql } from 'postgres'
import type postgres from 'postgres'
import { VERSION } from '../../base/version.ts'
import type { Row } from '../row.ts'
import { type DatabaseTarget, tlsOptions } from './database-target.ts'

type Driver = typeof postgres
export type Value = string | number | boolean | Uint8Array | null

const CONNECT_MS = 5_000
const KEEP_ALIVE_MS = 10_000
/** Beyond the timeouts that the database keeps itself: for when it keeps nothing any more, as a machine without power. */
const ANSWER_MS = 6_000
const CLOSE_SECONDS = 2
const INT8 = 20
const BYTEA = 17

export interface Answer {
  readonly rows: readonly Row[]
  /** Of rows that were changed or returned. */
  readonly count: number
  /** What the database warned of meanwhile, the last of it. */
  readonly warning?: string | undefined
}

/** One connection to the database, which is never opened again by itself: whoever was in a transaction must know. */
export interface Connection {
  readonly usable: boolean
  /** One statement; `$1`, `$2`, … are `values`. Nothing of it stays on the connection. */
  query(text: string, values: readonly Value[]): Promise<Answer>
  /** Several statements without values in one message; the answer is the last one's. */
  script(text: string): Promise<Answer>
  /** Ends it politely within 2 s. */
  close(): Promise<void>
  /** Ends it at once; whatever waits for an answer rejects. */
  destroy(): void
}

/** Resolves when the login has succeeded, rejects after 5 s. `answerMs`: how long a statement may take. */
export async function openConnection(target: DatabaseTarget, answerMs = ANSWER_MS): Promise<Connection> {
  const { default: driver } = await import('postgres')
  const connection = overDriver(driver, { target, answerMs })
  const timer = setTimeout(() => connection.destroy(), CONNECT_MS)
  try {
    await connection.script('SELECT 1')
    return connection
  } catch (error) {
    connection.destroy()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

function overDriver(driver: Driver, { target, answerMs }: { target: DatabaseTarget; answerMs: number }): Connection {
  let socket: Socket | undefined
  let usable = true
  let warning: string | undefined
  // The driver forgets what is asked between the failure of a socket and its end.
  const lost = Promise.withResolvers<never>()
  lost.promise.catch(() => undefined)
  const lose = (error: Error) => {
    usable = false
    lost.reject(error)
    socket?.destroy(error)
  }
  const open = async () => {
    // The driver would connect again after a loss, and go on in the middle of a transaction that is gone.
    if (socket !== undefined || !usable) throw new Error('the connection to the database was lost')
    socket = dial({ host: target.host, port: target.port, noDelay: true })
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    socket.once('error', () => {
      usable = false
    })
    socket.once('close', () => lose(new Error('the connection to the database was lost')))
    await connected(socket)
    return socket
  }
  const onNotice = ({ severity, message }: Notice) => {
    if (severity === 'WARNING') warning = message ?? 'of something it does not name'
  }
  const sql: Pick<Sql, 'unsafe' | 'end'> = driver(optionsOf(target, { open, onNotice }))

  const ask = async (text: string, values: readonly Value[]): Promise<Answer> => {
    const timer = setTimeout(() => lose(new Error('the database gave no answer in time')), answerMs)
    warning = undefined
    try {
      const asked = Promise.resolve(sql.unsafe(text, [...values]))
      const rows: unknown = await Promise.race([asked, lost.promise])
      return { ...answerOf(rows), warning }
    } finally {
      clearTimeout(timer)
    }
  }
  return {
    get usable() {
      return usable
    },
    query: ask,
    script: (text) => ask(text, []),
    async close() {
      usable = false
      await sql.end({ timeout: CLOSE_SECONDS })
      socket?.destroy()
    },
    destroy() {
      lose(new Error('the connection to the database was given up'))
      void sql.end({ timeout: 0 }).catch(() => undefined)
    },
  }
}

type Notice = Readonly<Record<string, string | undefined>>

const optionsOf = (
  target: DatabaseTarget,
  on: { readonly open: () => Promise<Socket>; readonly onNotice: (notice: Notice) => void },
) => ({
  socket: on.open,
  host: target.host,
  port: target.port,
  user: target.user,
  password: target.password,
  database: target.database,
  ssl: tlsOptions(target),
  max: 1,
  connect_timeout: 0,
  idle_timeout: 0,
  max_lifetime: 0,
  keep_alive: 0,
  // A pooler that hands a connection on after each transaction knows nothing of prepared statements.
  prepare: false,
  fetch_types: false,
  no_subscribe: true,
  // The driver would write notices to standard output.
  onnotice: on.onNotice,
  connection: { application_name: `postern/${VERSION}` },
  types: {
    bigint: { to: INT8, from: [INT8], parse: Number, serialize: String },
    bytea: {
      to: BYTEA,
      from: [BYTEA],
      parse: (text: string) => new Uint8Array(Buffer.from(text.slice(2), 'hex')),
      serialize: (data: Uint8Array) =>
        `\\x${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex')}`,
    },
  },
})

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new Error('the database cannot be reached in time')), CONNECT_MS)
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve()
    })
    // It stays: an error before the driver listens must not end the process.
    socket.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
  })
}

/** Of several statements the driver gives a list of lists. */
function answerOf(result: unknown): Answer {
  if (!Array.isArray(result)) return { rows: [], count: 0 }
  const last: unknown = result.at(-1)
  if (!('command' in result) && Array.isArray(last)) return answerOf(last)
  const count = 'count' in result && typeof result.count === 'number' ? result.count : result.length
  return { rows: result.filter(isRow), count }
}

const isRow = (row: unknown): row is Row => typeof row === 'object' && row !== null
