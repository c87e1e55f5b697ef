import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'

/** What a peer needs of a connection: whole frames of text, in order, until it ends. */
export interface MessageSocket {
  /** Nothing where the connection is over. */
  send(frame: string): void
  /** Handed over and not written yet. */
  readonly bufferedBytes: number
  /** False once it ends: what is buffered may never be written. */
  readonly open: boolean
  close(code: number, reason: string): void
  /** At once, without a word to the other side. */
  terminate(): void
  /** The address of this side, where it has one. */
  readonly localAddress?: string | undefined
  /** Called once, before anything can have arrived. */
  handle(handlers: MessageSocketHandlers): void
}

export interface MessageSocketHandlers {
  /** `undefined`: a frame that is not text. */
  onFrame(frame: string | undefined): void
  onError(error: Error): void
  /** The last call. */
  onClose(code: number, reason: string): void
}

/** It takes some milliseconds: others get their turn after it. */
const LARGE_MESSAGE_BYTES = 64 * 1024

/** `stream` is what the frames of `socket` go through. */
export const webSocketMessages = (socket: WebSocket, stream: Duplex, localAddress?: string): MessageSocket =>
  new WebSocketMessages(socket, stream, localAddress)

class WebSocketMessages implements MessageSocket {
  readonly #socket: WebSocket
  readonly #stream: Duplex
  readonly localAddress: string | undefined
  #gathers = false

  constructor(socket: WebSocket, stream: Duplex, localAddress: string | undefined) {
    this.#socket = socket
    this.#stream = stream
    this.localAddress = localAddress
  }

  /** What is sent in one turn goes out in one write: a write is what costs. */
  send(frame: string): void {
    if (!this.#gathers) {
      this.#gathers = true
      this.#stream.cork()
      process.nextTick(() => {
        this.#gathers = false
        this.#stream.uncork()
      })
    }
    this.#socket.send(frame)
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  get open(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
  }

  terminate(): void {
    this.#socket.terminate()
  }

  handle(handlers: MessageSocketHandlers): void {
    const socket = this.#socket
    socket.on('message', (data: RawData, isBinary: boolean) => {
      breathe(socket, data)
      handlers.onFrame(isBinary ? undefined : text(data))
    })
    socket.on('error', (error) => handlers.onError(error))
    socket.on('close', (code, reason) => handlers.onClose(code, reason.toString('utf8')))
  }
}

/** What is there already of a large result would be read in one go. */
function breathe(socket: WebSocket, data: RawData): void {
  if (Array.isArray(data) || data.byteLength < LARGE_MESSAGE_BYTES) return
  socket.pause()
  setImmediate(() => socket.resume())
}

function text(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8')
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8')
}
