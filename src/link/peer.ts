import type { z } from 'zod'
import { type Clock, sleep, type Timer } from '../base/clock.ts'
import type { MessageSocket, MessageSocketHandlers } from './message-socket.ts'
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
  const peer = new SocketPeer<In, Out>(socket, schema, clock)
  socket.handle(peer)
  return peer
}

/** A class, and no closures: a server holds one for each of thousands of gateways. */
class SocketPeer<In, Out> implements Peer<In, Out>, MessageSocketHandlers {
  readonly closed: Promise<LinkEnd>
  readonly #socket: MessageSocket
  readonly #schema: z.ZodType<In>
  readonly #clock: Clock
  #early: In[] | undefined
  #wanted: { resolve: (message: In) => void; reject: (error: Error) => void } | undefined
  #onMessage: ((message: In) => void) | undefined
  #end: LinkEnd | undefined
  #cut: Timer | undefined
  #resolveClosed: (end: LinkEnd) => void

  constructor(socket: MessageSocket, schema: z.ZodType<In>, clock: Clock) {
    this.#socket = socket
    this.#schema = schema
    this.#clock = clock
    const { promise, resolve } = Promise.withResolvers<LinkEnd>()
    this.closed = promise
    this.#resolveClosed = resolve
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedBytes
  }

  get open(): boolean {
    return this.#end === undefined
  }

  close(code: number, reason: string): void {
    if (this.#end !== undefined) return
    const short = Buffer.from(reason, 'utf8')
      .subarray(0, MAX_REASON_BYTES)
      .toString('utf8')
      .replace(/\ufffd$/, '')
    // Ended for us at once: nothing that still arrives counts.
    this.#finish({ code, reason: short })
    this.#socket.close(code, short)
    this.#cut = this.#clock.after(CLOSE_MS, () => this.#socket.terminate())
  }

  send(message: Out): void {
    if (this.#end !== undefined) throw new Error('the connection is closed')
    if (this.#socket.bufferedBytes > MAX_BUFFERED_BYTES) {
      this.close(CLOSE.overloaded, 'the other side does not read')
      throw new Error('the other side does not read')
    }
    const frame = JSON.stringify(message)
    if (Buffer.byteLength(frame) > MAX_FRAME_BYTES) throw new RangeError('a message must fit into 1 MiB')
    this.#socket.send(frame)
  }

  async drained(): Promise<void> {
    while (this.#socket.open && this.#socket.bufferedBytes > MAX_FRAME_BYTES) await sleep(this.#clock, DRAIN_LOOK_MS)
  }

  next(ms: number): Promise<In> {
    const ready = this.#early?.shift()
    if (ready !== undefined) return Promise.resolve(ready)
    const end = this.#end
    if (end !== undefined) return Promise.reject(new Error(`the connection ended: ${end.reason || end.code}`))
    return new Promise<In>((resolve, reject) => {
      const timer = this.#clock.after(ms, () => {
        this.#wanted = undefined
        reject(new Error(`no message within ${ms} ms`))
      })
      this.#wanted = {
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
  }

  deliver(handler: (message: In) => void): void {
    this.#onMessage = handler
    const early = this.#early ?? []
    this.#early = undefined
    for (const message of early) handler(message)
  }

  onFrame(frame: string | undefined): void {
    if (this.#end !== undefined) return
    const message = frame === undefined ? undefined : parse(frame, this.#schema)
    if (message === undefined) return this.close(CLOSE.protocol, 'not a message of this protocol')
    if (message === 'unknown type') {
      // A newer side may say more than we know; before the handshake is over it may not.
      if (this.#onMessage === undefined) this.close(CLOSE.protocol, 'unknown type of message')
      return
    }
    if (this.#onMessage !== undefined) return this.#onMessage(message.value)
    if (this.#wanted !== undefined) {
      this.#wanted.resolve(message.value)
      this.#wanted = undefined
      return
    }
    this.#early ??= []
    if (this.#early.push(message.value) > MAX_EARLY_MESSAGES)
      this.close(CLOSE.protocol, 'too many messages before the handshake')
  }

  onError(error: Error): void {
    this.#finish({ code: 1006, reason: error.message })
  }

  onClose(code: number, reason: string): void {
    this.#cut?.cancel()
    this.#finish({ code, reason })
  }

  #finish(reason: LinkEnd): void {
    if (this.#end !== undefined) return
    this.#end = reason
    this.#wanted?.reject(new Error(`the connection ended: ${reason.reason || reason.code}`))
    this.#wanted = undefined
    this.#resolveClosed(reason)
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
