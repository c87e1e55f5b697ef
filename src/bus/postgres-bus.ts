import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createConnection, isIP, type Socket } from 'node:net'
import type { Sql } from 'postgres'
import { type Clock, sleep } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { VERSION } from '../base/version.ts'
import type { SharedBus } from './bus.ts'
import { isCertificateProblem, refusedBus } from './bus-address.ts'
import type { PostgresAddress } from './postgres-address.ts'
import { type BusConnection, type Deliver, openSharedBus } from './shared-bus.ts'

/** For the connection, and for the login with the first answer. */
const CONNECT_MS = 5_000
const ANSWER_MS = 10_000
/** How soon a connection that is silent for ever is found out, beside `ANSWER_MS`. */
const PROBE_MS = 15_000
const KEEP_ALIVE_MS = 10_000
const CLOSE_SECONDS = 0.5
/** NOTIFY takes a lock of the whole server at each commit: what comes within so long goes with one. */
const COLLECT_MS = 5
/** PostgreSQL takes less than 8,000. */
const MAX_PAYLOAD_BYTES = 7_900
/** Of one commit: more than a thousand ids each. The rest goes with the next. */
const MAX_PAYLOADS = 8
/** Wrong login, unknown database, no right to connect. */
const REFUSALS = new Set(['28000', '28P01', '3D000', '42501'])

const NOTIFY = readFileSync(new URL('./sql/notify.sql', import.meta.url), 'utf8')

export interface PostgresBusOptions {
  /** Not through a pooler: LISTEN belongs to one session. */
  readonly address: PostgresAddress
  /** What the nodes of one store share: others in the same database do not hear them. */
  readonly installation: string
  readonly clock: Clock
  readonly log: Log
}

/**
 * Wakes with NOTIFY over one connection of its own, at most one commit in `COLLECT_MS` and one at a time: for small clusters
 * without NATS. Rejects with ConfigurationError where the server refuses the login at the start; later that is tried again.
 */
export function openPostgresBus(options: PostgresBusOptions): Promise<SharedBus> {
  const { clock, log } = options
  return openSharedBus({
    name: 'postgres',
    connect: (deliver, signal) => connect(options, deliver, signal),
    collect: (send) => void clock.after(COLLECT_MS, send),
    maxMessageBytes: MAX_PAYLOAD_BYTES,
    maxMessages: MAX_PAYLOADS,
    maxSends: 1,
    clock,
    log,
  })
}

async function connect(
  { address, installation, clock }: PostgresBusOptions,
  deliver: Deliver,
  stop: AbortSignal,
): Promise<BusConnection> {
  const { default: driver } = await import('postgres')
  const channel = channelOf(installation)
  const line = guardedLine(address, clock)
  const sql: Pick<Sql, 'unsafe' | 'end'> = driver(
    optionsOf(address, line, (on, payload) => on === channel && deliver(payload)),
  )
  const ask = (text: string, values: readonly string[] = [], ms = ANSWER_MS) =>
    line.answered(Promise.resolve(sql.unsafe(text, [...values])), ms)
  const giveUp = () => line.lose(new Error('the connection is not wanted any more'))
  const close = async () => {
    probe.cancel()
    stop.removeEventListener('abort', giveUp)
    await Promise.race([
      sql.end({ timeout: CLOSE_SECONDS }).catch(() => undefined),
      sleep(clock, CLOSE_SECONDS * 1_500),
    ])
    giveUp()
  }
  const probe = clock.every(PROBE_MS, () => void ask('SELECT 1').catch(() => undefined))
  stop.addEventListener('abort', giveUp, { once: true })
  if (stop.aborted) giveUp()
  try {
    await ask(`LISTEN "${channel}"`, [], CONNECT_MS)
  } catch (error) {
    giveUp()
    await close()
    throw whyRefused(error, `${address.host}:${address.port}`)
  }
  stop.removeEventListener('abort', giveUp)
  return {
    lost: line.lost,
    close,
    async send(messages) {
      await ask(NOTIFY, [channel, JSON.stringify(messages.map(({ text }) => text))])
    },
  }
}

/** What cannot get better by itself is the operator's to mend, and is not tried again at the start. */
function whyRefused(error: unknown, where: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (REFUSALS.has(code)) return refusedBus(`${where} refuses the login (${code})`, error)
  if (!isCertificateProblem(code)) return error
  return refusedBus(`the certificate of ${where} is not trusted (${code}); \`sslrootcert\` names its authority`, error)
}

/** A name of 63 characters at most, whatever the installation is called. */
export const channelOf = (installation: string) =>
  `postern_${createHash('sha256').update(installation).digest('hex').slice(0, 32)}`

/** The socket of one session, which is never opened again: whoever listened must know. Without an answer in time it is lost. */
interface Line {
  open(): Promise<Socket>
  readonly lost: Promise<Error>
  lose(error: Error): void
  answered<T>(asked: Promise<T>, ms?: number): Promise<T>
}

function guardedLine({ host, port }: PostgresAddress, clock: Clock): Line {
  let socket: Socket | undefined
  let isLost = false
  const lost = Promise.withResolvers<Error>()
  const lose = (error: Error) => {
    isLost = true
    lost.resolve(error)
    socket?.destroy()
  }
  return {
    lost: lost.promise,
    lose,
    open() {
      if (socket !== undefined || isLost) return Promise.reject(new Error('the connection was lost'))
      const dialled = createConnection({ host, port, noDelay: true })
      socket = dialled
      dialled.setKeepAlive(true, KEEP_ALIVE_MS)
      const timer = clock.after(CONNECT_MS, () => lose(new Error('the database cannot be reached in time')))
      return new Promise((resolve, reject) => {
        // They stay: an error that nobody listens to would end the process, and the driver forgets what it was asked.
        dialled.on('error', (error) => {
          lose(error)
          reject(error)
        })
        dialled.on('close', () => {
          timer.cancel()
          lose(new Error('the connection was closed'))
          reject(new Error('the connection was closed'))
        })
        dialled.once('connect', () => {
          timer.cancel()
          resolve(dialled)
        })
      })
    },
    async answered(asked, ms = ANSWER_MS) {
      const timer = clock.after(ms, () => lose(new Error('the database gave no answer in time')))
      const gone = lost.promise.then((error) => Promise.reject(error))
      try {
        return await Promise.race([asked, gone])
      } finally {
        timer.cancel()
        // Whichever comes second is nobody's any more.
        asked.catch(() => undefined)
        gone.catch(() => undefined)
      }
    },
  }
}

const optionsOf = (address: PostgresAddress, line: Line, onnotify: (channel: string, payload: string) => void) => ({
  socket: () => line.open(),
  host: address.host,
  port: address.port,
  user: address.user,
  password: address.password,
  database: address.database,
  ssl: address.tls !== undefined && {
    host: address.host,
    ...(isIP(address.host) === 0 && { servername: address.host }),
    ...(address.tls.ca !== undefined && { ca: address.tls.ca }),
    rejectUnauthorized: true,
  },
  max: 1,
  connect_timeout: 0,
  idle_timeout: 0,
  max_lifetime: 0,
  keep_alive: 0,
  prepare: false,
  fetch_types: false,
  no_subscribe: true,
  // The driver would write notices to standard output.
  onnotice: () => {},
  onnotify,
  connection: { application_name: `postern-bus/${VERSION}` },
})
