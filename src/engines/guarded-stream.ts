import { Duplex } from 'node:stream'
import { PosternError } from '../model/errors.ts'
import type { Wire } from './wire.ts'
import { wrongProtocol } from './wrong-protocol.ts'

/** Reads along between a driver and the server, in both directions, and may answer, hold back or end. */
export interface Watcher {
  /** Bytes of the driver; the watcher writes to the wire what may go out. */
  fromDriver(chunk: Buffer, toDriver: (bytes: Buffer) => void): void | Promise<void>
  /** Bytes of the server; the watcher pushes what the driver may see. */
  fromServer(chunk: Buffer, toDriver: (bytes: Buffer) => void): void
}

/** The socket that a driver gets: it never touches the network itself. */
export class GuardedStream extends Duplex {
  readonly #wire: Wire
  readonly #watcher: Watcher

  constructor(wire: Wire, watcher: Watcher) {
    super({ allowHalfOpen: false })
    this.#wire = wire
    this.#watcher = watcher
  }

  /** Begins to read. Drivers attach their listeners first, so this comes in the turn after they got the stream. */
  start() {
    this.#wire.readBy({
      bytes: (chunk) => this.#fromServer(chunk),
      ended: (error) => this.#end(error),
    })
  }

  /** Drivers ask for it, as of a socket, before they say goodbye. */
  get readyState(): 'open' | 'closed' {
    return this.destroyed || this.#wire.failure !== undefined ? 'closed' : 'open'
  }

  /** Drivers call it, as of a socket, when they have said goodbye. */
  unref(): this {
    return this
  }

  /** Drivers set it on a socket; the wire has set its own. */
  setNoDelay(): this {
    return this
  }

  /** Drivers set it on a socket; no connection of ours is idle for long. */
  setKeepAlive(): this {
    return this
  }

  override _read() {
    this.#wire.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void) {
    void this.#carry(chunk, done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void) {
    this.#wire.close()
    done(error)
  }

  async #carry(chunk: Buffer, done: (error?: Error | null) => void) {
    let error: PosternError | undefined
    try {
      await this.#watcher.fromDriver(chunk, this.#toDriver)
    } catch (cause) {
      error = this.#fail(cause)
    }
    done(error)
  }

  #fromServer(chunk: Buffer) {
    if (this.destroyed) return
    try {
      this.#watcher.fromServer(chunk, this.#toDriver)
    } catch (error) {
      this.#fail(error)
    }
  }

  readonly #toDriver = (bytes: Buffer) => {
    if (bytes.length > 0 && !this.#isTaken(bytes)) this.#wire.pause()
  }

  /** A driver reads as the bytes come, and throws whatever it does at those that its server should never send. */
  #isTaken(bytes: Buffer): boolean {
    try {
      return this.push(bytes)
    } catch (error) {
      throw error instanceof PosternError ? error : wrongProtocol(bytes, 'out of place')
    }
  }

  #fail(error: unknown): PosternError {
    return this.#wire.fail(error instanceof PosternError ? error : new PosternError('Internal', { cause: error }))
  }

  #end(error: PosternError) {
    // Later than every callback of what came before: a driver that has just logged in has its error listener by then.
    setImmediate(() => this.destroy(error))
  }
}
