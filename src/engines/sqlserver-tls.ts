import { once } from 'node:events'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { connect, type TLSSocket } from 'node:tls'
import { PosternError } from '../model/errors.ts'
import { END_OF_MESSAGE, HEADER_BYTES, PRELOGIN, packet, TABULAR_RESULT } from './sqlserver-prelogin.ts'
import type { Wire } from './wire.ts'
import { wrongProtocol } from './wrong-protocol.ts'

/** What fits into one packet before the login has agreed on its size. */
const MOST_PAYLOAD_BYTES = 4096 - HEADER_BYTES

/**
 * Carries a TLS handshake in PRELOGIN packets, as TDS 7 does; TLS runs bare after it ([MS-TDS] 3.2.5.2). Only TLS 1.2 and
 * older end their handshake with a message of the server, which tells both sides when that is.
 */
class TlsInPrelogin extends Duplex {
  readonly #send: (bytes: Buffer) => void
  #pending: Buffer = Buffer.alloc(0)
  #phase: 'handshake' | 'bare' | 'mute' = 'handshake'

  constructor(send: (bytes: Buffer) => void) {
    super({ allowHalfOpen: false })
    this.#send = send
  }

  /** Over a connected socket, which ends with it. */
  static over(raw: Socket): TlsInPrelogin {
    const framed = new TlsInPrelogin((bytes) => void raw.write(bytes))
    raw.on('data', (chunk: Buffer) => framed.feed(chunk))
    raw.on('error', (error) => framed.destroy(error))
    raw.on('close', () => framed.destroy())
    raw.on('end', () => framed.push(null))
    framed.on('close', () => raw.destroy())
    framed.on('error', () => {})
    return framed
  }

  /** The handshake is over: from now on bytes pass as they are. */
  bare() {
    this.#phase = 'bare'
    if (this.#pending.length > 0) this.push(this.#pending)
    this.#pending = Buffer.alloc(0)
  }

  /** Nothing goes out any more, not even the goodbye of TLS: the connection goes on without it. */
  mute() {
    this.#phase = 'mute'
  }

  feed(chunk: Buffer) {
    if (this.destroyed) return
    if (this.#phase === 'bare') {
      this.push(chunk)
      return
    }
    this.#pending = Buffer.concat([this.#pending, chunk])
    while (this.#pending.length >= HEADER_BYTES) {
      const length = this.#pending.readUInt16BE(2)
      const type = this.#pending[0]
      // Servers answer with either type of packet.
      if ((type !== PRELOGIN && type !== TABULAR_RESULT) || length < HEADER_BYTES) {
        this.destroy(wrongProtocol(this.#pending, 'where TLS should begin'))
        return
      }
      if (this.#pending.length < length) return
      const payload = this.#pending.subarray(HEADER_BYTES, length)
      this.#pending = this.#pending.subarray(length)
      this.push(payload)
    }
  }

  override _read() {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void) {
    this.#carry(chunk)
    done()
  }

  /** One flight of the handshake is one message. */
  override _writev(chunks: { chunk: Buffer }[], done: () => void) {
    this.#carry(Buffer.concat(chunks.map(({ chunk }) => chunk)))
    done()
  }

  #carry(bytes: Buffer) {
    if (this.#phase === 'mute') return
    if (this.#phase === 'bare') return this.#send(bytes)
    for (let at = 0; at < bytes.length; at += MOST_PAYLOAD_BYTES) {
      const part = packet(PRELOGIN, bytes.subarray(at, at + MOST_PAYLOAD_BYTES))
      part[1] = at + MOST_PAYLOAD_BYTES < bytes.length ? 0 : END_OF_MESSAGE
      this.#send(part)
    }
  }
}

/** Verified TLS under all that follows, as TDS 7 begins it. */
export async function secureInPrelogin(wire: Wire): Promise<void> {
  let framed: TlsInPrelogin | undefined
  await wire.secure({
    through: (raw) => {
      framed = TlsInPrelogin.over(raw)
      return framed
    },
    maxVersion: 'TLSv1.2',
  })
  framed?.bare()
}

/** Hides the login alone from those who only listen: where TLS is off, a server still encrypts it, with any certificate. */
export class LoginCover {
  readonly #framed: TlsInPrelogin
  readonly #tls: TLSSocket

  private constructor(framed: TlsInPrelogin) {
    this.#framed = framed
    this.#tls = connect({ socket: framed, rejectUnauthorized: false, maxVersion: 'TLSv1.2' })
    this.#tls.on('error', () => {})
  }

  static async begin(wire: Wire): Promise<LoginCover> {
    const framed = new TlsInPrelogin((bytes) => wire.write(bytes))
    wire.readBy({ bytes: (chunk) => framed.feed(chunk), ended: (error) => framed.destroy(error) })
    const cover = new LoginCover(framed)
    try {
      await wire.settle(once(cover.#tls, 'secureConnect'))
    } catch (error) {
      cover.#framed.destroy()
      if (error instanceof PosternError) throw wire.fail(error)
      const words = error instanceof Error ? error.message.slice(0, 300) : 'unknown'
      throw wire.fail(
        new PosternError('Endpoint.TlsRefused', {
          reason: `The login could not be encrypted: ${words}.`,
          cause: error,
        }),
      )
    }
    framed.bare()
    return cover
  }

  /** Sends the one message that is covered; afterwards both sides go on in clear. */
  async send(message: Buffer): Promise<void> {
    await new Promise<void>((resolve) => this.#tls.write(message, () => resolve()))
    this.#framed.mute()
    this.#tls.destroy()
  }
}
