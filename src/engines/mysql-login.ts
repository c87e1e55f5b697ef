import { PosternError } from '../model/errors.ts'
import type { Watcher } from './guarded-stream.ts'
import { CLIENT_SSL } from './mysql-greeting.ts'
import type { Wire } from './wire.ts'
import { wrongProtocol } from './wrong-protocol.ts'

/** Ways to log in that never show the password: the driver does them itself. */
export const SAFE_PLUGINS = ['mysql_native_password', 'client_ed25519', 'parsec', 'caching_sha2_password']
/** Ways that send the password itself. The driver is never let near them; here they happen over verified TLS or not at all. */
const CLEAR_TEXT_PLUGINS = ['mysql_clear_password', 'sha256_password', 'dialog']

const OK = 0x00
const MORE_DATA = 0x01
const SWITCH = 0xfe
const ERROR = 0xff
/** Second byte of MORE_DATA under caching_sha2_password: the server wants the password itself. */
const FULL_AUTHENTICATION = 0x04
/** First byte of an answer that demands a file of the client. */
const LOCAL_FILE = 0xfb
const HEADER_BYTES = 4
const MOST_PACKET_BYTES = 64 * 1024
/** Header plus the fixed part of the handshake response, which is also the whole TLS request. */
const TLS_REQUEST_BYTES = 32

/**
 * Watches a MySQL login: puts TLS under it before the driver's first packet goes out, so the driver believes in a plain
 * connection and refuses clear text by itself, and decides what the server may ask for. After the login it is a pipe, but for a demand of a local file.
 */
export class MysqlLogin implements Watcher {
  readonly #wire: Wire
  readonly #password: string
  #phase: 'greeting' | 'response' | 'login' | 'open' = 'greeting'
  #plugin = ''
  #fromDriver: Buffer = Buffer.alloc(0)
  #fromServer: Buffer = Buffer.alloc(0)
  /** Numbers of the last packet: with TLS in between, the server's and the driver's count differ. */
  #serverSequence = 0
  #driverSequence = 0
  /** A statement went out and nothing has come back yet. */
  #answerBegins = false

  constructor(wire: Wire, password: string) {
    this.#wire = wire
    this.#password = password
  }

  async fromDriver(chunk: Buffer): Promise<void> {
    if (this.#phase === 'open') {
      this.#answerBegins = true
      return this.#wire.write(chunk)
    }
    this.#fromDriver = Buffer.concat([this.#fromDriver, chunk])
    for (;;) {
      const packet = firstPacket(this.#fromDriver)
      if (packet === undefined) return
      this.#fromDriver = this.#fromDriver.subarray(packet.length)
      this.#driverSequence = packet[3] ?? 0
      const payload = Buffer.from(packet.subarray(4))
      if (this.#phase === 'response') await this.#begin(payload)
      this.#send(payload)
    }
  }

  fromServer(chunk: Buffer, toDriver: (bytes: Buffer) => void): void {
    if (this.#phase === 'open' && !this.#answerBegins) return toDriver(chunk)
    this.#fromServer = this.#fromServer.length === 0 ? chunk : Buffer.concat([this.#fromServer, chunk])
    while (!this.#isOpen()) {
      const packet = firstPacket(this.#fromServer)
      if (packet === undefined) return
      this.#fromServer = this.#fromServer.subarray(packet.length)
      this.#serverSequence = packet[3] ?? 0
      this.#judge(packet.subarray(4), toDriver)
    }
    if (this.#answerBegins) {
      if (this.#fromServer.length <= HEADER_BYTES) return
      // The driver would decline, and then wait for the end of an answer that need not come.
      if (this.#fromServer[HEADER_BYTES] === LOCAL_FILE)
        throw wrongProtocol(this.#fromServer, 'where rows were asked for')
      this.#answerBegins = false
    }
    toDriver(this.#fromServer)
    this.#fromServer = Buffer.alloc(0)
  }

  #isOpen(): boolean {
    return this.#phase === 'open'
  }

  /** The driver's answer to the greeting is ready: TLS comes first. Its beginning is the request for TLS. */
  async #begin(response: Buffer) {
    if (this.#fromServer.length > 0) throw wrongProtocol(this.#fromServer, 'before it was asked')
    if (this.#wire.endpoint.tls.mode === 'verify') {
      response.writeUInt16LE(response.readUInt16LE(0) | CLIENT_SSL, 0)
      this.#send(response.subarray(0, TLS_REQUEST_BYTES))
      // Counts as the request's own number: the handshake response follows it directly.
      this.#serverSequence += 1
      await this.#wire.secure()
    }
    this.#wire.enter('login')
    this.#phase = 'login'
  }

  #send(payload: Buffer) {
    const header = Buffer.alloc(4)
    header.writeUIntLE(payload.length, 0, 3)
    header[3] = this.#serverSequence + 1
    this.#wire.write(Buffer.concat([header, payload]))
  }

  #judge(payload: Buffer, toDriver: (bytes: Buffer) => void) {
    const kind = payload[0]
    if (this.#phase === 'greeting') {
      this.#phase = 'response'
      return this.#pass(withSafePlugin(payload), toDriver, 0)
    }
    // Bytes before TLS would count as said under it.
    if (this.#phase === 'response') throw wrongProtocol(payload, 'before it was asked')
    if (kind === OK || kind === ERROR) this.#phase = 'open'
    else if (kind === SWITCH) {
      this.#plugin = payload.length === 1 ? 'mysql_old_password' : text(payload.subarray(1))
      if (CLEAR_TEXT_PLUGINS.includes(this.#plugin)) return this.#sendPassword()
      if (!SAFE_PLUGINS.includes(this.#plugin)) throw unsupported(`asks for ${quoted(this.#plugin)}`)
    } else if (kind === MORE_DATA && this.#plugin === 'caching_sha2_password') {
      if (payload[1] === FULL_AUTHENTICATION) return this.#sendPassword()
    } else if (!SAFE_PLUGINS.includes(this.#plugin) || this.#plugin === 'mysql_native_password')
      throw unsupported(`asks for more than a password (${quoted(this.#plugin)})`)
    this.#pass(payload, toDriver, this.#driverSequence + 1)
  }

  #pass(payload: Buffer, toDriver: (bytes: Buffer) => void, sequence: number) {
    const header = Buffer.alloc(4)
    header.writeUIntLE(payload.length, 0, 3)
    header[3] = sequence
    toDriver(Buffer.concat([header, payload]))
  }

  #sendPassword() {
    const asked = `asks for the password in clear text (${this.#plugin})`
    if (this.#wire.endpoint.strictLogin) throw unsupported(`${asked}, which a caller's choice of address forbids`)
    if (!this.#wire.verified) throw unsupported(`${asked}, which needs verified TLS`)
    // The password goes out once; a server that asks again wants something else.
    this.#plugin = `${this.#plugin}, answered`
    this.#send(Buffer.from(`${this.#password}\0`))
  }
}

const unsupported = (asked: string) =>
  new PosternError('Database.AuthenticationUnsupported', { reason: `The server ${asked}.` })

/** Undefined until it is there whole. Throws for one that no login needs. */
function firstPacket(bytes: Buffer): Buffer | undefined {
  if (bytes.length < 4) return undefined
  const length = bytes.readUIntLE(0, 3)
  if (length > MOST_PACKET_BYTES)
    throw new PosternError('Endpoint.WrongProtocol', { reason: `A packet of ${length} bytes during the login.` })
  return bytes.length < 4 + length ? undefined : bytes.subarray(0, 4 + length)
}

/**
 * The greeting names the way of most accounts; each account has its own, which the server asks for later. The driver would
 * leave at a name alone.
 */
function withSafePlugin(greeting: Buffer): Buffer {
  const end = greeting.at(-1) === 0 ? greeting.length - 1 : greeting.length
  const start = greeting.lastIndexOf(0, end - 1) + 1
  if (!CLEAR_TEXT_PLUGINS.includes(greeting.toString('latin1', start, end))) return greeting
  return Buffer.concat([greeting.subarray(0, start), Buffer.from('mysql_native_password\0')])
}

/** Up to the first zero byte. */
function text(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end)
}

const quoted = (name: string) => JSON.stringify(name.slice(0, 64))
