import type { Document } from 'bson'
import { PosternError } from '../model/errors.ts'
import { MongodbReplyReader, mongodbMessage, unasked } from './mongodb-message.ts'
import type { Wire, WireReader } from './wire.ts'

/**
 * Id of the first command, the others follow: on the wire it is two line ends, so that what speaks in lines (Redis, HTTP, mail)
 * answers at once and can be told apart.
 */
export const FIRST_ID = 0x0a0d0a0d
const TLS_ALERT = 0x15

/** Commands over a wire, one at a time; the wire has the deadlines. */
export class MongodbConnection implements WireReader {
  readonly wire: Wire
  #waiting: { readonly reader: MongodbReplyReader; readonly done: (reply: Buffer) => void } | undefined
  #next = FIRST_ID
  #heard = false

  constructor(wire: Wire) {
    this.wire = wire
  }

  /** True once the server has said anything. */
  get heard(): boolean {
    return this.#heard
  }

  /** The document of the answer, at most `most` bytes, a refusal too; rejects when the connection fails. */
  async ask(command: Document, most: number): Promise<Buffer> {
    const { promise, resolve } = Promise.withResolvers<Buffer>()
    const id = this.#next++
    this.#waiting = { reader: new MongodbReplyReader(id, most), done: resolve }
    this.wire.write(mongodbMessage(command, id))
    if (id === FIRST_ID) {
      this.wire.readBy(this)
      this.wire.probeSilence()
    }
    return this.wire.settle(promise)
  }

  bytes(chunk: Buffer) {
    this.#heard = true
    try {
      const waiting = this.#waiting
      if (waiting === undefined) throw unasked(chunk)
      if (!this.wire.verified && chunk[0] === TLS_ALERT && chunk[1] === 3)
        throw new PosternError('Endpoint.TlsRequired', { reason: 'It answered with an alert of TLS.' })
      const reply = waiting.reader.feed(chunk)
      if (reply === undefined) return
      this.#waiting = undefined
      waiting.done(reply)
    } catch (error) {
      this.wire.fail(error instanceof PosternError ? error : new PosternError('Internal', { cause: error }))
    }
  }

  /** Whoever waits is told by the wire. */
  ended() {
    this.#waiting = undefined
  }
}
