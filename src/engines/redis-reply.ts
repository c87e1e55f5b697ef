import type { PosternError } from '../model/errors.ts'
import { wrongProtocol } from './wrong-protocol.ts'

/** What a server answered: text, or its refusal in its own words. */
export interface RedisReply {
  readonly refused: boolean
  readonly text: string
}

/** Longest first line of an answer: a refusal can be wordy, but not more than this. */
const MOST_LINE_BYTES = 16 * 1024
const STATUS = 0x2b
const REFUSAL = 0x2d
const BULK = 0x24

/**
 * Reads one RESP2 answer, of the three kinds that our commands have: `+status`, `-refusal` and `$length` with bytes.
 * Whatever else comes, or more than `most` bytes, throws Endpoint.WrongProtocol.
 */
export class RedisReplyReader {
  readonly #most: number
  #chunks: Buffer[] = []
  #size = 0
  /** Bytes without which there is nothing to decide: what comes in pieces is not put together for each of them. */
  #needed = 1

  constructor(most: number) {
    this.#most = most
  }

  /** Undefined until the answer is there whole. */
  feed(chunk: Buffer): RedisReply | undefined {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#size < this.#needed) return undefined
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks)
    this.#chunks = [bytes]
    return this.#read(bytes)
  }

  #read(bytes: Buffer): RedisReply | undefined {
    const kind = bytes[0]
    if (kind !== STATUS && kind !== REFUSAL && kind !== BULK) throw wrongProtocol(bytes)
    const end = bytes.indexOf('\r\n')
    if (end < 0 || end > MOST_LINE_BYTES) {
      if (bytes.length > MOST_LINE_BYTES) throw wrongProtocol(bytes)
      this.#needed = this.#size + 1
      return undefined
    }
    const line = bytes.toString('utf8', 1, end)
    const start = end + 2
    if (kind !== BULK) return whole(bytes, start, { refused: kind === REFUSAL, text: line })
    if (line === '-1') return whole(bytes, start, { refused: false, text: '' })
    if (!/^\d{1,15}$/.test(line) || Number(line) > this.#most) throw wrongProtocol(bytes)
    const stop = start + Number(line)
    this.#needed = stop + 2
    if (bytes.length < this.#needed) return undefined
    if (bytes.toString('latin1', stop, stop + 2) !== '\r\n') throw wrongProtocol(bytes)
    return whole(bytes, stop + 2, { refused: false, text: bytes.toString('utf8', start, stop) })
  }
}

/** An answer to nothing that was asked follows: no later answer could be told from it. */
function whole(bytes: Buffer, end: number, reply: RedisReply): RedisReply {
  if (bytes.length > end) throw unasked(bytes.subarray(end))
  return reply
}

export const unasked = (bytes: Buffer): PosternError => wrongProtocol(bytes, 'without being asked')

/** A command as RESP sends it. */
export function redisCommand(words: readonly string[]): Buffer {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`)
  return Buffer.from(`*${words.length}\r\n${parts.join('')}`)
}
