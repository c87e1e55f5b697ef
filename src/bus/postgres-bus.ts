import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import type { Sql } from 'postgres'
import { type Clock, sleep } from '../base/clock.ts'
import { hostTurns } from '../base/host-turns.ts'
import type { Log } from '../base/log.ts'
import { ASK_READ_ONLY, isLeavingCode, postgresLogin, readOnlyError, saysReadOnly } from '../base/postgres-login.ts'
import { VERSION } from '../base/version.ts'
import { hostAndPort } from '../model/host.ts'
import type { PostgresAddress, PostgresHost } from '../model/postgres-address.ts'
import type { SharedBus } from './bus.ts'
import { isCertificateProblem, refusedBus } from './bus-address.ts'
import { type BusConnection, type Deliver, openSharedBus } from './shared-bus.ts'

/** For the way to a host, and for the login with the first answer. */
const CONNECT_MS = 5_000
/** The same where there are other hosts: one that is gone must not hold up a failover. */
const CONNECT_ONE_MS = 2_000
const ANSWER_MS = 10_000
/** How soon a server that is silent for ever, or takes no writes any more, is found out; beside `ANSWER_MS`. */
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
  const { address, clock, log } = options
  const inTurn = hostTurns(address.hosts, { what: 'the database', nameOf: nameOfHost })
  return openSharedBus({
    name: 'postgres',
    connect: (deliver, signal) => inTurn((host) => connect({ ...options, host }, deliver, signal)),
    collect: (send) => void clock.after(COLLECT_MS, send),
    maxMessageBytes: MAX_PAYLOAD_BYTES,
    maxMessages: MAX_PAYLOADS,
    maxSends: 1,
    clock,
    log,
  })
}

const nameOfHost = ({ host, port }: PostgresHost) => hostAndPort(host, port)

async function connect(
  { address, host, installation, clock }: PostgresBusOptions & { readonly host: PostgresHost },
  deliver: Deliver,
  stop: AbortSignal,
): Promise<BusConnection> {
  const { default: driver } = await import('postgres')
  const channel = channelOf(installation)
  const connectMs = address.hosts.length === 1 ? CONNECT_MS : CONNECT_ONE_MS
  const line = guardedLine(host, { clock, connectMs })
  const settings = {
    ...postgresLogin(address, host),
    socket: () => line.open(),
    // The driver would write notices to standard output.
    onnotice: () => {},
    onnotify: (on: string, payload: string) => on === channel && deliver(payload),
    // With TLS the driver takes the listeners off the socket.
    onclose: () => line.lose(new Error('the connection was closed')),
    connection: { application_name: `postern-bus/${VERSION}` },
  }
  const sql: Pick<Sql, 'unsafe' | 'end'> = driver(settings)
  const ask = (text: string, values: readonly string[] = [], ms = ANSWER_MS): Promise<unknown> =>
    line.answered(Promise.resolve(sql.unsafe(text, [...values])), ms)
  const askWhetherItWrites = async (ms?: number) => {
    if (saysReadOnly(await ask(ASK_READ_ONLY, [], ms))) throw readOnlyError()
  }
  const giveUp = () => line.lose(new Error('the connection is not wanted any more'))
  const close = async () => {
    probe.cancel()
    stop.removeEventListener('abort', giveUp)
    // Of a socket that is gone the driver would take leave all the same; under TLS that is an error nobody can catch.
    if (line.isLost) return
    await Promise.race([
      sql.end({ timeout: CLOSE_SECONDS }).catch(() => undefined),
      sleep(clock, CLOSE_SECONDS * 1_500),
    ])
    giveUp()
  }
  const loseOver = (error: unknown) => line.lose(error instanceof Error ? error : new Error('unknown'))
  const probe = clock.every(PROBE_MS, () => void askWhetherItWrites().catch(loseOver))
  stop.addEventListener('abort', giveUp, { once: true })
  if (stop.aborted) giveUp()
  try {
    await askWhetherItWrites(connectMs)
    await ask(`LISTEN "${channel}"`, [], connectMs)
  } catch (error) {
    giveUp()
    await close()
    throw whyRefused(error, nameOfHost(host))
  }
  stop.removeEventListener('abort', giveUp)
  return {
    lost: line.lost,
    close,
    async send(messages) {
      try {
        await ask(NOTIFY, [channel, JSON.stringify(messages.map(({ text }) => text))])
      } catch (error) {
        if (isLeavingCode(codeOf(error))) loseOver(error)
        throw error
      }
    },
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '')

/** What cannot get better by itself is the operator's to mend, and is not tried again at the start. */
function whyRefused(error: unknown, where: string): unknown {
  const code = codeOf(error)
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
  readonly isLost: boolean
  lose(error: Error): void
  answered<T>(asked: Promise<T>, ms?: number): Promise<T>
}

function guardedLine(
  { host, port }: PostgresHost,
  { clock, connectMs }: { readonly clock: Clock; readonly connectMs: number },
): Line {
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
    get isLost() {
      return isLost
    },
    lose,
    open() {
      if (socket !== undefined || isLost) return Promise.reject(new Error('the connection was lost'))
      const dialled = createConnection({ host, port, noDelay: true })
      socket = dialled
      dialled.setKeepAlive(true, KEEP_ALIVE_MS)
      const timer = clock.after(connectMs, () => lose(new Error('the database cannot be reached in time')))
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
