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

export function webSocketMessages(socket: WebSocket): MessageSocket {
  return {
    send: (frame) => socket.send(frame),
    get bufferedBytes() {
      return socket.bufferedAmount
    },
    get open() {
      return socket.readyState === socket.OPEN
    },
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
    handle(handlers) {
      socket.on('message', (data: RawData, isBinary: boolean) => handlers.onFrame(isBinary ? undefined : text(data)))
      socket.on('error', (error) => handlers.onError(error))
      socket.on('close', (code, reason) => handlers.onClose(code, reason.toString('utf8')))
    },
  }
}

function text(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8')
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8')
}
