import { backoff } from '../base/backoff.ts'
import { type Clock, sleep } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { type DialOptions, type GatewayLink, type LinkEnd, LinkRefused } from '../link/dial.ts'
import { ServerKeyMismatch } from '../link/server-pin.ts'
import { CLOSE, type GatewayMessage, type Message } from '../link/messages.ts'
import type { AttemptId } from '../model/ids.ts'
import type { Outbox } from './outbox.ts'
import { createOutcomeSender, type OutcomeSender } from './outcome-sender.ts'
import type { Runner, RunnerEvents } from './runner.ts'

const BACKOFF = { baseMs: 500, capMs: 30_000 }
/** A connection that the server ended on purpose sooner than this counts as a failed one: the wait grows. */
const STABLE_MS = 10_000
/** After an end that only a person can mend. */
const SLOW_MS = 30_000

/** After the deletion of the gateway: it comes back only where the server was restored from a backup of before. */
const DELETED_MS = 15 * 60_000

/** An outcome over which the server ended so many connections is dropped: the task gets a new attempt, the others get through. */
const MAX_BLAMED = 3

/** Without a connection: why, in words for people. */
export type LinkState = { readonly connected: true } | { readonly connected: false; readonly reason: string }

type ServerWork = Message<'run' | 'cancel' | 'received' | 'drain'>

export interface ConnectionOptions {
  /** Makes one proven connection. */
  readonly dial: (on: Pick<DialOptions, 'onMessage' | 'signal'>) => Promise<GatewayLink>
  readonly instance: string
  /** What `ready` offers. */
  readonly engines: readonly string[]
  readonly outbox: Outbox
  readonly clock: Clock
  readonly log: Log
  /** From 0 to 1. */
  readonly random?: () => number
  /** At every connection and at every end of one or try for one. */
  readonly onState?: (state: LinkState) => void
}

export interface Connection {
  /** For the runner: nothing waits here, what is said while there is no connection is lost and made good by the next `ready`. */
  readonly events: RunnerEvents
  readonly connected: boolean
  /** Ends the connection, where there is one, and makes the next at once. What runs goes on meanwhile. */
  reconnect(): void
  /** Keeps a connection until the signal aborts. Never rejects. */
  maintain(runner: Runner, signal: AbortSignal): Promise<void>
}

export function createConnection(options: ConnectionOptions): Connection {
  const { outbox, clock, log, random = Math.random, onState } = options
  let live: { link: GatewayLink; sender: OutcomeSender } | undefined

  const blamed = new Map<AttemptId, number>()
  let again = false
  /** The server did not take something: outcomes go one at a time until it is known which. */
  let doubted = false

  const blame = (attempt: AttemptId | undefined) => {
    if (attempt === undefined || outbox.get(attempt) === undefined) return
    const times = (blamed.get(attempt) ?? 0) + 1
    blamed.set(attempt, times)
    if (times < MAX_BLAMED) return
    log.error({ attempt }, 'the server does not take this outcome: it is dropped')
    blamed.delete(attempt)
    outbox.acknowledge(attempt)
  }

  const send = (message: GatewayMessage) => {
    try {
      live?.link.send(message)
    } catch {
      // Closed: `closed` tells, and the next `ready` says what is held.
    }
  }

  const events: RunnerEvents = {
    onAccepted: (attempt, epoch) => send({ type: 'accepted', attempt, epoch }),
    onStep: (attempt, step) => send({ type: 'step', attempt, step }),
    onOutcome: (attempt) => live?.sender.send(attempt),
  }

  /** Says what is here, then sends what was not acknowledged. */
  const introduce = (link: GatewayLink, runner: Runner) => {
    const started = runner.started
    const sender = createOutcomeSender(link, { outbox, oneAtATime: doubted, onClosed: () => link.close() })
    live = { link, sender }
    const holding = [...runner.holding, ...outbox.attempts]
    send({
      type: 'ready',
      instance: options.instance,
      capacity: runner.capacity,
      engines: [...options.engines],
      holding,
    })
    for (const { attempt, epoch, step } of started) {
      // The one before may have been lost with its connection, and the delivery deadline with it.
      send({ type: 'accepted', attempt, epoch })
      if (step !== undefined) send({ type: 'step', attempt, step })
    }
    for (const attempt of outbox.attempts) sender.send(attempt)
  }

  const once = async (runner: Runner, signal: AbortSignal): Promise<Ended> => {
    let leaveAt: number | undefined
    let leaving: { cancel(): void } | undefined
    let link: GatewayLink | undefined
    const onMessage = (message: ServerWork) => {
      switch (message.type) {
        case 'run':
          return runner.run(message)
        case 'cancel':
          return runner.cancel(message.attempt)
        case 'received':
          outbox.acknowledge(message.attempt)
          blamed.delete(message.attempt)
          live?.sender.acknowledged(message.attempt)
          return runner.wake()
        case 'drain': {
          const ms = message.afterMs + Math.floor(random() * message.spreadMs)
          log.info({ ms }, 'the server is about to stop; coming back later')
          leaveAt = clock.now() + ms
          leaving ??= clock.after(ms, () => link?.close())
        }
      }
    }
    try {
      link = await options.dial({ onMessage, signal })
      const since = clock.now()
      log.info({ epoch: link.epoch, status: 'ONLINE' }, 'connected')
      onState?.({ connected: true })
      introduce(link, runner)
      const end = await link.closed
      if (end.code === CLOSE.protocol) blame(live?.sender.suspect)
      doubted = end.code === CLOSE.protocol
      return { end, spreadMs: link.spreadMs, livedMs: clock.now() - since, leaveAt }
    } catch (error) {
      const code = error instanceof ServerKeyMismatch ? WRONG_KEY : 0
      const end = error instanceof LinkRefused ? error.end : { code, reason: reasonOf(error) }
      return { end, spreadMs: 0, livedMs: undefined, leaveAt }
    } finally {
      live = undefined
      leaving?.cancel()
    }
  }

  /** Nobody waits for any of it any more, so no database is kept busy with it. */
  const giveUp = (runner: Runner) => {
    for (const attempt of runner.holding) runner.cancel(attempt)
    for (const attempt of outbox.attempts) outbox.acknowledge(attempt)
  }

  return {
    events,
    get connected() {
      return live !== undefined
    },
    reconnect() {
      if (live === undefined) return
      again = true
      live.link.close()
    },
    async maintain(runner, signal) {
      let failures = 0
      let deleted = false
      while (!signal.aborted) {
        const ended = await once(runner, signal)
        if (signal.aborted) break
        if (again) {
          again = false
          continue
        }
        failures = isFailure(ended) ? failures + 1 : 0
        // What comes after it, that the server does not know the gateway, tells nothing new.
        deleted = ended.end.code === CLOSE.deleted || (deleted && ended.end.code === CLOSE.refused)
        if (ended.end.code === CLOSE.deleted) giveUp(runner)
        const ms = waitFor(ended, { failures, deleted, random, now: clock.now() })
        report(ended.end, ms, log)
        onState?.({ connected: false, reason: MEANING[ended.end.code] ?? ended.end.reason })
        await sleep(clock, ms, signal)
      }
    },
  }
}

interface Ended {
  readonly end: LinkEnd
  readonly spreadMs: number
  /** Undefined where there was no connection. */
  readonly livedMs: number | undefined
  /** The server said that it stops. */
  readonly leaveAt: number | undefined
}

/** A server that is killed again and again is back each time: what broke after it was proven starts from the beginning. */
function isFailure({ end, livedMs }: Ended): boolean {
  const broke = end.code !== CLOSE.protocol && end.code !== CLOSE.overloaded
  return livedMs === undefined || (livedMs < STABLE_MS && !broke)
}

function waitFor(
  { end, spreadMs, leaveAt }: Ended,
  { failures, deleted, random, now }: { failures: number; deleted: boolean; random: () => number; now: number },
): number {
  if (deleted) return DELETED_MS + Math.floor(random() * DELETED_MS)
  if (MEANING[end.code] !== undefined) return SLOW_MS + Math.floor(random() * SLOW_MS)
  if (leaveAt !== undefined && leaveAt > now) return leaveAt - now
  // All gateways of a server that went away come back: spread as it asked for, and longer the longer it is away.
  return Math.max(Math.floor(random() * spreadMs), backoff(failures, BACKOFF, random))
}

/** No code of a WebSocket: there was none. */
const WRONG_KEY = -1

/** Ends that do not go away by themselves, in words for who reads the log. */
const MEANING: Readonly<Record<number, string>> = {
  [CLOSE.replaced]:
    'another process runs with this identity and has taken over; stop one of the two, or enrol one of them anew into its own folder',
  [CLOSE.conflict]:
    'two processes with this identity replace each other and the server refuses both for a minute; stop one of the two',
  [CLOSE.refused]:
    'the server does not know this gateway or its key: it was deleted, or the server was restored from a backup; enrol it anew where this stays so',
  [CLOSE.deleted]:
    'this gateway was deleted on the server and gets no work any more: stop this process; to use it again, enrol it anew into an empty folder',
  [WRONG_KEY]: 'what answers there has another key than the pinned server: nothing was sent to it',
  [CLOSE.tooOld]: 'this version is too old or too new for the server; update the older one of the two',
}

function report(end: LinkEnd, retryMs: number, log: Log): void {
  const meaning = MEANING[end.code]
  const facts = { code: end.code, reason: end.reason, retryMs }
  if (meaning !== undefined) log.error(facts, meaning)
  else log.warn(facts, 'no connection to the server')
}

/** A host with several addresses fails with one error for each. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
