import { PosternError } from '../model/errors.ts'
import { redisCommand, type RedisReply, RedisReplyReader, unasked } from './redis-reply.ts'
import type { Wire, WireReader } from './wire.ts'

/** INFO has a line of about 40 bytes for each database that holds keys. */
const MOST_BYTES = 8 * 1024 * 1024
const TLS_ALERT = 0x15

/** Commands over a wire, one at a time; the wire has the deadlines. */
export class RedisConnection implements WireReader {
  readonly wire: Wire
  #waiting: { readonly reader: RedisReplyReader; readonly done: (reply: RedisReply) => void } | undefined
  #started = false

  constructor(wire: Wire) {
    this.wire = wire
  }

  /** The server's answer, a refusal too; rejects when the connection fails. */
  async ask(...words: readonly string[]): Promise<RedisReply> {
    const { promise, resolve } = Promise.withResolvers<RedisReply>()
    this.#waiting = { reader: new RedisReplyReader(MOST_BYTES), done: resolve }
    this.wire.write(redisCommand(words))
    // Only now: a server that is full says so at once, and that is the answer to the first command.
    if (!this.#started) this.wire.readBy(this)
    this.#started = true
    return this.wire.settle(promise)
  }

  bytes(chunk: Buffer) {
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
