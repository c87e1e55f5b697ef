import { connect as dial, type Socket } from 'node:net'
import type { Sql } from 'postgres'
import type postgres from 'postgres'
import { hostTurns } from '../../base/host-turns.ts'
import { ASK_READ_ONLY, postgresLogin, readOnlyError, saysReadOnly } from '../../base/postgres-login.ts'
import { VERSION } from '../../base/version.ts'
import { hostAndPort } from '../../model/host.ts'
import type { PostgresAddress, PostgresHost } from '../../model/postgres-address.ts'
import type { Row } from '../row.ts'

type Driver = typeof postgres

/** For the way to a host, the login and its first answer. */
const CONNECT_MS = 5_000
/** The same where there are other hosts: one that is gone must not hold up a failover. */
const CONNECT_ONE_MS = 2_000
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
}

/** One connection to the database, which is never opened again by itself: whoever was in a transaction must know. */
export interface Connection {
  readonly usable: boolean
  /**
   * Statements in one message, so in one round trip; nothing of them stays on the connection. The answers of those that
   * give rows, in their order; where none does, one with the count of the first.
   */
  script(text: string): Promise<readonly Answer[]>
  /** Ends it politely within 2 s. */
  close(): Promise<void>
  /** Ends it at once; whatever waits for an answer rejects, with `why`. */
  destroy(why?: string): void
}

/**
 * Resolves with a session at a host that takes writes; rejects after 5 s, of several hosts after 2 s each. `answerMs`:
 * how long a statement may take.
 */
export type Connect = (answerMs?: number) => Promise<Connection>

/** All that connect by it remember the host together that took the last one. */
export function connector(address: PostgresAddress): Connect {
  const inTurn = hostTurns(address.hosts, {
    what: 'the database',
    nameOf: ({ host, port }) => hostAndPort(host, port),
  })
  const connectMs = address.hosts.length === 1 ? CONNECT_MS : CONNECT_ONE_MS
  return (answerMs = ANSWER_MS) => inTurn((host) => openAt(host, { address, connectMs, answerMs }))
}

interface Limits {
  readonly address: PostgresAddress
  readonly connectMs: number
  readonly answerMs: number
}

async function openAt(host: PostgresHost, limits: Limits): Promise<Connection> {
  const { default: driver } = await import('postgres')
  const connection = overDriver(driver, host, limits)
  const timer = setTimeout(() => connection.destroy('the database cannot be reached in time'), limits.connectMs)
  try {
    const [answer] = await connection.script(ASK_READ_ONLY)
    if (saysReadOnly(answer?.rows)) throw readOnlyError()
    return connection
  } catch (error) {
    connection.destroy()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

function overDriver(driver: Driver, host: PostgresHost, { address, answerMs }: Limits): Connection {
  let socket: Socket | undefined
  let usable = true
  // The driver forgets what is asked between the failure of a socket and its end.
  const asked = new Set<(error: Error) => void>()
  let lost: Error | undefined
  const lose = (error: Error) => {
    usable = false
    lost ??= error
    for (const reject of asked) reject(lost)
    // Without the error: under TLS nobody listens to this socket, and it would end the process.
    socket?.destroy()
  }
  const open = async () => {
    // The driver would connect again after a loss, and go on in the middle of a transaction that is gone.
    if (socket !== undefined || !usable) throw new Error('the connection to the database was lost')
    socket = dial({ host: host.host, port: host.port, noDelay: true })
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    socket.once('error', () => {
      usable = false
    })
    socket.once('close', () => lose(new Error('the connection to the database was lost')))
    await connected(socket)
    return socket
  }
  const settings = {
    ...postgresLogin(address, host),
    ...TYPES,
    socket: open,
    // With TLS the driver takes the listeners off the socket.
    onclose: () => lose(new Error('the connection to the database was lost')),
    // The driver would write notices to standard output.
    onnotice({ routine }: Readonly<Record<string, string>>) {
      // What says so is a commit that waited in vain, and it succeeds all the same.
      if (routine === 'SyncRepWaitForLSN') lose(new Error('the database committed without its standby'))
    },
    connection: { application_name: `postern/${VERSION}` },
  }
  const sql: Pick<Sql, 'unsafe' | 'end'> = driver(settings)

  // Values are in the text: those beside it would cost a round trip more each time, for the driver asks for their types.
  const ask = (text: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (lost !== undefined) return reject(lost)
      const timer = setTimeout(() => lose(new Error('the database gave no answer in time')), answerMs)
      const end = (settle: () => void) => {
        clearTimeout(timer)
        asked.delete(fail)
        settle()
      }
      const fail = (error: Error) => end(() => reject(error))
      asked.add(fail)
      sql.unsafe(text).then((answer: unknown) => end(() => resolve(answer)), fail)
    })
  return {
    get usable() {
      return usable
    },
    script: async (text) => answersOf(await ask(text)),
    async close() {
      // Of a socket that is gone the driver would take leave all the same; under TLS that is an error nobody can catch.
      if (!usable) return
      usable = false
      await sql.end({ timeout: CLOSE_SECONDS })
      socket?.destroy()
    },
    destroy(why = 'the connection to the database was given up') {
      lose(new Error(why))
    },
  }
}

const TYPES = {
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
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('close', () => reject(new Error('the connection to the database was lost')))
    // It stays: an error before the driver listens must not end the process.
    socket.on('error', reject)
  })
}

/** Where a statement that gives rows follows another one, the driver gives a list of lists. */
function answersOf(result: unknown): readonly Answer[] {
  if (!Array.isArray(result)) return [NOTHING]
  const all: readonly unknown[] = 'command' in result ? [result] : result
  const answers = all.flatMap((one) => (hasColumns(one) ? [answerOf(one)] : []))
  return answers.length > 0 ? answers : [answerOf(all[0])]
}

function answerOf(result: unknown): Answer {
  if (!Array.isArray(result)) return NOTHING
  const count = 'count' in result && typeof result.count === 'number' ? result.count : result.length
  return { rows: result.filter(isRow), count }
}

const NOTHING: Answer = { rows: [], count: 0 }
const hasColumns = (result: unknown) => Array.isArray(result) && 'columns' in result && Array.isArray(result.columns)
const isRow = (row: unknown): row is Row => typeof row === 'object' && row !== null
