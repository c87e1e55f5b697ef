import { randomBytes } from 'node:crypto'
import { backoff } from '../base/backoff.ts'
import { type Clock, sleep } from '../base/clock.ts'
import { ConfigurationError } from '../base/configuration-error.ts'
import type { Log } from '../base/log.ts'
import type { BusState, SharedBus, Subject } from './bus.ts'
import { localBus } from './local-bus.ts'
import { createOutgoingWakes, type OutgoingWake } from './outgoing-wakes.ts'
import { decodeWake } from './wake-message.ts'

/** Full jitter: nodes that lost the same bus do not come back together. */
const RECONNECT = { baseMs: 200, capMs: 5_000 }
/** A connection that held so long was a good one: the waits begin again. */
const STABLE_MS = 10_000
/** Keys that wait to be sent: more than a second of the fastest node. */
const MAX_WAITING_KEYS = 20_000
/** What was published just before the end still goes out, but the end does not wait longer for it. */
const LAST_WORDS_MS = 500

/** One live connection to what nodes share. */
export interface BusConnection {
  /** Resolves when the messages are with the server; rejects when they may be lost, within a deadline of its own. */
  send(messages: readonly OutgoingWake[]): Promise<void>
  /** Resolves when the connection is lost, with what is known of why. */
  readonly lost: Promise<Error>
  /** Ends it, within a second and with nothing left. Never rejects. */
  close(): Promise<void>
}

/** A message came. `subject` is what it was sent to, where the server tells: a message that says another one is ignored. */
export type Deliver = (text: string, subject?: Subject) => void

export interface SharedBusParts {
  /** For the log. */
  readonly name: 'nats' | 'postgres'
  /**
   * Resolves when messages of others arrive, and rejects within a deadline or when the signal aborts. Rejects with
   * ConfigurationError where it cannot help to try again as the settings are.
   */
  readonly connect: (deliver: Deliver, signal: AbortSignal) => Promise<BusConnection>
  /** Calls back a little later: what is published until then shares messages. */
  readonly collect: (send: () => void) => void
  readonly maxMessageBytes: number
  /** Messages of one `send`, and how many may be on their way. */
  readonly maxMessages: number
  readonly maxSends: number
  readonly clock: Clock
  readonly log: Log
}

/**
 * Wakes this node at once and the others over one connection that comes back by itself. Resolves after the first try to
 * connect, whether it succeeded or not; rejects only where connect() says that the settings are wrong.
 */
export async function openSharedBus(parts: SharedBusParts): Promise<SharedBus> {
  const { name, connect, collect, clock, log } = parts
  const from = randomBytes(8).toString('hex')
  const local = localBus()
  const outgoing = createOutgoingWakes({ from, maxKeys: MAX_WAITING_KEYS, maxBytes: parts.maxMessageBytes })
  const counts = { published: 0, received: 0, lost: 0, ignored: 0, reconnects: 0 }
  const stopped = new AbortController()
  const sends = new Set<Promise<void>>()
  let connection: BusConnection | undefined
  let collecting = false

  const deliver: Deliver = (text, subject) => {
    const wake = decodeWake(text)
    if (wake === undefined || (subject !== undefined && wake.subject !== subject)) {
      counts.ignored++
      return
    }
    // The server may say it to its author too, who has woken its own already.
    if (wake.from === from || stopped.signal.aborted) return
    counts.received += wake.keys.length
    local.publish(wake.subject, wake.keys)
  }

  const sendSome = async (over: BusConnection, messages: readonly OutgoingWake[]) => {
    const keys = messages.reduce((sum, message) => sum + message.keys, 0)
    try {
      await over.send(messages)
      counts.published += keys
    } catch {
      // The loss of the connection is told by the connection itself.
      counts.lost += keys
    }
  }
  const sendLater = () => {
    if (collecting || outgoing.size === 0) return
    collecting = true
    collect(flush)
  }
  const flush = () => {
    collecting = false
    const over = connection
    if (over === undefined) return
    while (outgoing.size > 0 && sends.size < parts.maxSends) {
      const send: Promise<void> = sendSome(over, outgoing.take(parts.maxMessages)).finally(() => {
        sends.delete(send)
        sendLater()
      })
      sends.add(send)
    }
  }

  const told = tellOnce(name, log)
  const connectOnce = async () => {
    const opened = await connect(deliver, stopped.signal)
    connection = opened
    told.connected()
    return opened
  }
  const stopping = new Promise<void>((resolve) => {
    stopped.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  const untilLost = async (opened: BusConnection) => {
    const error = await Promise.race([opened.lost, stopping])
    connection = undefined
    counts.lost += outgoing.clear()
    await opened.close()
    if (error !== undefined) told.lost(error)
  }
  const stayConnected = async (first: BusConnection | undefined) => {
    let opened = first
    let hadOne = first !== undefined
    for (let attempt = 0; !stopped.signal.aborted; attempt++) {
      if (opened !== undefined) {
        const since = clock.now()
        await untilLost(opened)
        if (clock.now() - since >= STABLE_MS) attempt = 0
      }
      await sleep(clock, backoff(attempt, RECONNECT), stopped.signal)
      if (stopped.signal.aborted) return
      opened = await connectOnce().catch((error: unknown) => {
        told.lost(error)
        return undefined
      })
      if (opened === undefined) continue
      if (hadOne) counts.reconnects++
      hadOne = true
    }
    await opened?.close()
  }

  const first = await connectOnce().catch((error: unknown) => {
    if (error instanceof ConfigurationError) throw error
    told.lost(error)
    return undefined
  })
  const running = stayConnected(first)

  return {
    get state(): BusState {
      return { ...counts, connected: connection !== undefined }
    },
    publish(subject, keys) {
      local.publish(subject, keys)
      if (connection === undefined) counts.lost += keys.length
      else counts.lost += outgoing.add(subject, keys)
      sendLater()
    },
    subscribe: (subject, wake) => local.subscribe(subject, wake),
    async [Symbol.asyncDispose]() {
      flush()
      await Promise.race([Promise.allSettled(sends), sleep(clock, LAST_WORDS_MS)])
      stopped.abort()
      await running
      await local[Symbol.asyncDispose]()
    },
  }
}

/** One line when the bus is lost and one when it is back, however many tries are between them. */
function tellOnce(name: string, log: Log) {
  let state: 'new' | 'up' | 'down' = 'new'
  return {
    connected() {
      if (state === 'down') log.info({ bus: name }, 'the bus is there')
      state = 'up'
    },
    lost(error: unknown) {
      const reason = error instanceof Error ? error.message || error.name : 'unknown'
      if (state === 'down') log.debug({ bus: name, reason }, 'the bus is still not there')
      else
        log.warn({ bus: name, reason }, 'the bus is not there: other nodes find out with their next look at the store')
      state = 'down'
    },
  }
}
