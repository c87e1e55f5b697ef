import { PosternError } from '../model/errors.ts'
import type { Watcher } from './guarded-stream.ts'
import { END_OF_MESSAGE, HEADER_BYTES, type Prelogin, plainAnswer, TABULAR_RESULT } from './sqlserver-prelogin.ts'
import type { LoginCover } from './sqlserver-tls.ts'
import type { Wire } from './wire.ts'
import { wrongProtocol } from './wrong-protocol.ts'

/** A row of ours has about 1 KiB, a message of an error at most 8 KiB: more than this between two rows is no answer. */
const MOST_BYTES_WITHOUT_A_ROW = 1024 * 1024
const MOST_LOGIN_BYTES = 64 * 1024

/**
 * Watches a connection of SQL Server, which is encrypted already: answers the driver's PRELOGIN itself, so that the driver
 * decides nothing about TLS, covers its login where TLS is off, and bounds what the server says.
 */
export class SqlserverLogin implements Watcher {
  readonly #wire: Wire
  readonly #answer: Prelogin
  readonly #cover: LoginCover | undefined
  #phase: 'prelogin' | 'login' | 'open' = 'prelogin'
  #fromDriver: Buffer = Buffer.alloc(0)
  #pending: Buffer = Buffer.alloc(0)
  #withoutRow = 0

  constructor(wire: Wire, about: { answer: Prelogin; cover: LoginCover | undefined }) {
    this.#wire = wire
    this.#answer = about.answer
    this.#cover = about.cover
  }

  /** The driver has handed over a row. */
  rowCame() {
    this.#withoutRow = 0
  }

  async fromDriver(chunk: Buffer, toDriver: (bytes: Buffer) => void): Promise<void> {
    if (this.#phase === 'open') {
      this.#withoutRow = 0
      return this.#wire.write(chunk)
    }
    this.#fromDriver = Buffer.concat([this.#fromDriver, chunk])
    if (!endsMessage(this.#fromDriver)) return
    const message = this.#fromDriver
    this.#fromDriver = Buffer.alloc(0)
    if (this.#phase === 'prelogin') {
      this.#phase = 'login'
      return toDriver(plainAnswer(this.#answer))
    }
    this.#phase = 'open'
    if (this.#cover === undefined) this.#wire.write(message)
    else await this.#cover.send(message)
  }

  fromServer(chunk: Buffer, toDriver: (bytes: Buffer) => void): void {
    if (this.#phase !== 'open') throw wrongProtocol(chunk, 'before it was asked')
    this.#withoutRow += chunk.length
    if (this.#withoutRow > MOST_BYTES_WITHOUT_A_ROW)
      throw new PosternError('Result.TooLarge', {
        reason: `The server sent more than ${MOST_BYTES_WITHOUT_A_ROW} bytes that are no row; reading ended there.`,
      })
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    let end = 0
    for (;;) {
      const length = packetLength(this.#pending, end)
      if (length === undefined) break
      end += length
    }
    const whole = this.#pending.subarray(0, end)
    this.#pending = this.#pending.subarray(end)
    toDriver(whole)
  }
}

/** Of the whole packet at `start`; undefined until it is there. Throws for what is no answer. */
function packetLength(bytes: Buffer, start: number): number | undefined {
  if (bytes.length <= start) return undefined
  if (bytes[start] !== TABULAR_RESULT) throw wrongProtocol(bytes.subarray(start))
  if (bytes.length < start + HEADER_BYTES) return undefined
  const length = bytes.readUInt16BE(start + 2)
  if (length < HEADER_BYTES) throw wrongProtocol(bytes.subarray(start))
  return bytes.length < start + length ? undefined : length
}

/** Whether these packets of the driver are a whole message. */
function endsMessage(bytes: Buffer): boolean {
  if (bytes.length > MOST_LOGIN_BYTES) throw new PosternError('Internal', { reason: 'The login has too many bytes.' })
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const next = at + Math.max(HEADER_BYTES, bytes.readUInt16BE(at + 2))
    if (next > bytes.length) return false
    if (((bytes[at + 1] ?? 0) & END_OF_MESSAGE) !== 0) return true
    at = next
  }
  return false
}
