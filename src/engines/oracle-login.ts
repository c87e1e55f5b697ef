import { PosternError } from '../model/errors.ts'
import type { Watcher } from './guarded-stream.ts'
import { oracleRefusal } from './oracle-errors.ts'
import type { Wire } from './wire.ts'
import { wrongProtocol } from './wrong-protocol.ts'

const ACCEPT = 2
const REFUSE = 4
const REDIRECT = 5
const DATA = 6
const RESEND = 11
const HEADER_BYTES = 8
/** Where the text of a packet begins; in a DATA packet that follows because it did not fit, at the last. */
const REFUSE_TEXT = 12
const REDIRECT_TEXT = 10
const DATA_TEXT = 10
/** Second byte of the flags in ACCEPT: the server insists on its native encryption. */
const ACCEPT_FLAGS = 23
const NATIVE_ENCRYPTION_REQUIRED = 0x10
/** In the header of RESEND: a listener has handed the connection over, and TLS begins anew with the other process. */
const TLS_AGAIN = 0x08
const TLS_ALERT = 0x15
/** A CDB has 4096 PDBs at most, so no honest answer comes near. */
const MOST_ANSWER_BYTES = 16 * 1024 * 1024

/**
 * Reads what a listener says to CONNECT before the driver does: refusals become our errors, a redirect ends the connection
 * (the driver would resolve and dial what it names), native encryption is recognised. After ACCEPT it is a pipe with a bound.
 */
export class OracleLogin implements Watcher {
  readonly #wire: Wire
  #open = false
  #fromServer: Buffer = Buffer.alloc(0)
  /** A refusal or redirect whose text comes in the next packet. */
  #awaitsText: number | undefined
  /** Since the driver last asked for something. */
  #answerBytes = 0

  constructor(wire: Wire) {
    this.#wire = wire
  }

  fromDriver(chunk: Buffer) {
    this.#answerBytes = 0
    this.#wire.write(chunk)
  }

  fromServer(chunk: Buffer, toDriver: (bytes: Buffer) => void) {
    this.#answerBytes += chunk.length
    if (this.#answerBytes > MOST_ANSWER_BYTES)
      throw new PosternError('Result.TooLarge', { reason: `One answer came to ${this.#answerBytes} bytes.` })
    if (this.#open) return toDriver(chunk)
    this.#fromServer = Buffer.concat([this.#fromServer, chunk])
    while (!this.#isOpen()) {
      const packet = this.#firstPacket()
      if (packet === undefined) return
      this.#fromServer = this.#fromServer.subarray(packet.length)
      this.#judge(packet, toDriver)
    }
    toDriver(this.#fromServer)
    this.#fromServer = Buffer.alloc(0)
  }

  #isOpen(): boolean {
    return this.#open
  }

  /** Undefined until it is there whole; before ACCEPT all lengths have two bytes. */
  #firstPacket(): Buffer | undefined {
    const bytes = this.#fromServer
    if (!this.#wire.verified && bytes[0] === TLS_ALERT && bytes[1] === 3)
      throw new PosternError('Endpoint.TlsRequired', { reason: 'It answered with an alert of TLS.' })
    if (bytes.length > 4 && !looksLikeListener(bytes)) throw wrongProtocol(bytes)
    if (this.#wire.probed) throw bytes.length > 4 ? this.#wire.timedOut() : wrongProtocol(bytes)
    if (bytes.length < HEADER_BYTES) return undefined
    const length = bytes.readUInt16BE(0)
    if (length < HEADER_BYTES) throw wrongProtocol(bytes)
    return bytes.length < length ? undefined : bytes.subarray(0, length)
  }

  #judge(packet: Buffer, toDriver: (bytes: Buffer) => void) {
    const kind = packet[4]
    if (this.#awaitsText !== undefined) {
      if (kind !== DATA) throw wrongProtocol(packet)
      throw this.#verdict(this.#awaitsText, packet.subarray(DATA_TEXT))
    }
    if (kind === REFUSE || kind === REDIRECT) {
      const text = packet.subarray(kind === REFUSE ? REFUSE_TEXT : REDIRECT_TEXT)
      if (text.length > 0) throw this.#verdict(kind, text)
      this.#awaitsText = kind
    } else if (kind === RESEND) this.#resend(packet, toDriver)
    else if (kind === ACCEPT) {
      if (((packet[ACCEPT_FLAGS] ?? 0) & NATIVE_ENCRYPTION_REQUIRED) !== 0) throw nativeEncryption()
      this.#open = true
      toDriver(packet)
    } else throw wrongProtocol(packet)
  }

  #resend(packet: Buffer, toDriver: (bytes: Buffer) => void) {
    const plain = Buffer.from(packet)
    const again = ((packet[5] ?? 0) & TLS_AGAIN) !== 0
    plain[5] = 0
    if (!again) return toDriver(plain)
    if (!this.#wire.verified) throw wrongProtocol(packet, 'which begins TLS anew where there was none')
    if (this.#fromServer.length > 0) throw wrongProtocol(this.#fromServer, 'before TLS began anew')
    // Its failure is the wire's, which tells everybody who waits.
    this.#wire.secure().then(
      () => toDriver(plain),
      () => {},
    )
  }

  #verdict(kind: number, text: Buffer): PosternError {
    const words = text.toString('latin1')
    return kind === REFUSE ? oracleRefusal(words, this.#wire.endpoint) : this.#redirected(words)
  }

  #redirected(words: string): PosternError {
    // What follows the zero byte is for the client to send there.
    const [address = ''] = words.split('\0')
    const host = /\(HOST=([^()]*)\)/i.exec(address)?.[1]?.trim()
    const port = Number(/\(PORT=\s*(\d{1,5})\s*\)/i.exec(address)?.[1])
    if (host === undefined || !(port > 0))
      return new PosternError('Endpoint.NotAllowed', {
        reason: `The listener sends its clients on to ${JSON.stringify(address.slice(0, 200))}.`,
      })
    const known = this.#wire.endpoint.configuredAs?.(host, port)
    const mend =
      known === undefined
        ? 'List that address as an endpoint of its own and ask it.'
        : `That is the endpoint ${known}: ask it in place of this one.`
    return new PosternError('Endpoint.NotAllowed', {
      reason: `The listener sends its clients on to ${printable(host)} port ${port}, and no address that a server names is dialled. ${mend}`,
    })
  }
}

/** A packet that a listener may answer with: the checksum is not used and so zero. */
export function looksLikeListener(bytes: Buffer): boolean {
  return bytes[2] === 0 && bytes[3] === 0 && [ACCEPT, REFUSE, REDIRECT, DATA, RESEND].includes(bytes[4] ?? 0)
}

const nativeEncryption = () =>
  new PosternError('Database.AuthenticationUnsupported', {
    reason:
      "The server insists on Oracle's native network encryption (SQLNET.ENCRYPTION_SERVER = REQUIRED), which the gateway does not speak. Give the listener a TCPS port and the endpoint `tls: { mode: verify }`.",
  })

const printable = (text: string) => text.replace(/[^\x20-\x7e]/g, '.').slice(0, 255)
