import type { z } from 'zod'
import { type Clock, sleep, type Timer } from '../base/clock.ts'
import type { MessageSocket } from './message-socket.ts'
import { CLOSE, MAX_FRAME_BYTES } from './messages.ts'

/** More than this waiting to be written means that the other side does not read: the connection ends. */
const MAX_BUFFERED_BYTES = 64 * 1024 * 1024
/** How long a polite close may take before the socket is destroyed. */
const CLOSE_MS = 2_000
/** A close reason must fit into a control frame. */
const MAX_REASON_BYTES = 120
const DRAIN_LOOK_MS = 5

export interface LinkEnd {
  /** One of CLOSE, or a WebSocket code such as 1006 for a connection that broke. */
  readonly code: number
  readonly reason: string
}

/** One connection as typed messages. Both sides use it. */
export interface Peer<In, Out> {
  /** Throws when the connection is closed. */
  send(message: Out): void
  readonly bufferedBytes: number
  /** Resolves when little is waiting to be written, or when the connection has ended. */
  drained(): Promise<void>
  /** The next message; rejects when the connection ends or after `ms`. Used before `onMessage` is set. */
  next(ms: number): Promise<In>
  /** From now on every message goes there, in order; those that came meanwhile first. */
  deliver(onMessage: (message: In) => void): void
  /** Idempotent; the socket is destroyed when the other side does not answer in 2 s. */
  close(code: number, reason: string): void
  readonly closed: Promise<LinkEnd>
  readonly open: boolean
}

/** Messages that may wait for `next` or `deliver`; the handshake has two. */
const MAX_EARLY_MESSAGES = 8

export function createPeer<In, Out>(
  socket: MessageSocket,
  { schema, clock }: { readonly schema: z.ZodType<In>; readonly clock: Clock },
): Peer<In, Out> {
  const early: In[] = []
  let wanted: { resolve: (message: In) => void; reject: (error: Error) => void } | undefined
  let onMessage: ((message: In) => void) | undefined
  let end: LinkEnd | undefined
  let cut: Timer | undefined
  let resolveClosed: (end: LinkEnd) => void
  const closed = new Promise<LinkEnd>((resolve) => {
    resolveClosed = resolve
  })

  const finish = (reason: LinkEnd) => {
    if (end !== undefined) return
    end = reason
    wanted?.reject(new Error(`the connection ended: ${reason.reason || reason.code}`))
    wanted = undefined
    resolveClosed(reason)
  }

  const close = (code: number, reason: string) => {
    if (end !== undefined) return
    const short = Buffer.from(reason, 'utf8')
      .subarray(0, MAX_REASON_BYTES)
      .toString('utf8')
      .replace(/\ufffd$/, '')
    // Ended for us at once: nothing that still arrives counts.
    finish({ code, reason: short })
    socket.close(code, short)
    cut = clock.after(CLOSE_MS, () => socket.terminate())
  }

  const onFrame = (frame: string | undefined) => {
    if (end !== undefined) return
    const message = frame === undefined ? undefined : parse(frame, schema)
    if (message === undefined) return close(CLOSE.protocol, 'not a message of this protocol')
    if (message === 'unknown type') {
      // A newer side may say more than we know; before the handshake is over it may not.
      if (onMessage === undefined) close(CLOSE.protocol, 'unknown type of message')
      return
    }
    if (onMessage !== undefined) return onMessage(message.value)
    if (wanted !== undefined) {
      wanted.resolve(message.value)
      wanted = undefined
      return
    }
    if (early.push(message.value) > MAX_EARLY_MESSAGES) close(CLOSE.protocol, 'too many messages before the handshake')
  }
  socket.handle({
    onFrame,
    onError: (error) => finish({ code: 1006, reason: error.message }),
    onClose(code, reason) {
      cut?.cancel()
      finish({ code, reason })
    },
  })

  return {
    get bufferedBytes() {
      return socket.bufferedBytes
    },
    get open() {
      return end === undefined
    },
    closed,
    close,
    send(message) {
      if (end !== undefined) throw new Error('the connection is closed')
      if (socket.bufferedBytes > MAX_BUFFERED_BYTES) {
        close(CLOSE.overloaded, 'the other side does not read')
        throw new Error('the other side does not read')
      }
      const frame = JSON.stringify(message)
      if (Buffer.byteLength(frame) > MAX_FRAME_BYTES) throw new RangeError('a message must fit into 1 MiB')
      socket.send(frame)
    },
    async drained() {
      while (socket.open && socket.bufferedBytes > MAX_FRAME_BYTES) await sleep(clock, DRAIN_LOOK_MS)
    },
    next(ms) {
      const ready = early.shift()
      if (ready !== undefined) return Promise.resolve(ready)
      if (end !== undefined) return Promise.reject(new Error(`the connection ended: ${end.reason || end.code}`))
      return new Promise<In>((resolve, reject) => {
        const timer = clock.after(ms, () => {
          wanted = undefined
          reject(new Error(`no message within ${ms} ms`))
        })
        wanted = {
          resolve: (message) => {
            timer.cancel()
            resolve(message)
          },
          reject: (error) => {
            timer.cancel()
            reject(error)
          },
        }
      })
    },
    deliver(handler) {
      onMessage = handler
      for (const message of early.splice(0)) handler(message)
    },
  }
}

function parse<In>(frame: string, schema: z.ZodType<In>): { value: In } | 'unknown type' | undefined {
  let json: unknown
  try {
    json = JSON.parse(frame)
  } catch {
    return undefined
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return { value: parsed.data }
  const unknownType = parsed.error.issues.some((issue) => issue.code === 'invalid_union' && issue.path[0] === 'type')
  return unknownType && hasType(json) ? 'unknown type' : undefined
}

function hasType(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'type' in json && typeof json.type === 'string'
}
