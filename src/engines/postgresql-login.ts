import { PosternError } from '../model/errors.ts'
import type { Watcher } from './guarded-stream.ts'
import type { Wire } from './wire.ts'
import { wrongProtocol } from './wrong-protocol.ts'

const AUTHENTICATION = 0x52
/** What a server may say first: authentication, an error, a notice, or a wish for another protocol version. */
const FIRST = new Set(Buffer.from('RENv'))
/**
 * Every message that a server may send to a client that only asks. None of COPY, which nobody asked for: the driver would make a
 * stream of it that nobody listens to, and its error would end the process.
 */
const KNOWN = new Set(Buffer.from('RSKZCTDENAnt123sIVvk'))
const MOST_LOGIN_BYTES = 64 * 1024
const MOST_BYTES = 1024 * 1024

/** What AUTHENTICATION asks for, by its number. */
const OK = 0
const CLEAR_TEXT = 3
const MD5 = 5
const SASL = 10
const SASL_CONTINUE = 11
const SASL_FINAL = 12
const OTHERS: Readonly<Record<number, string>> = {
  2: 'Kerberos',
  6: 'SCM credentials',
  7: 'GSSAPI',
  8: 'GSSAPI data',
  9: 'SSPI',
}
const SCRAM = 'SCRAM-SHA-256'
/** The driver computes in one go: more than this would stop the process for seconds, a malicious server for hours. */
const MOST_ITERATIONS = 1_000_000
/** The default of PostgreSQL; fewer would make guessing from the exchange cheaper. */
const LEAST_STRICT_ITERATIONS = 4096

/**
 * Watches a PostgreSQL connection: decides what the server may ask for before the driver answers, checks the parts of SCRAM
 * that the driver does not, and bounds every message.
 */
export class PostgresqlLogin implements Watcher {
  readonly #wire: Wire
  #pending: Buffer = Buffer.alloc(0)
  #heard = false
  #loggedIn = false
  #clientNonce: string | undefined
  #proven = false
  #asksForScram = false
  readonly #asked = new Set<number>()

  constructor(wire: Wire) {
    this.#wire = wire
  }

  /** True once the server wants SCRAM, for which a password is prepared; the other ways take it as it is. */
  get asksForScram(): boolean {
    return this.#asksForScram
  }

  fromDriver(chunk: Buffer): void {
    // The only message of the driver that holds one, before it is logged in.
    const nonce = this.#loggedIn ? undefined : /n,,n=[^,]*,r=([!-+\--~]+)/.exec(chunk.toString('latin1'))?.[1]
    if (nonce !== undefined) this.#clientNonce = nonce
    this.#wire.write(chunk)
  }

  fromServer(chunk: Buffer, toDriver: (bytes: Buffer) => void): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    if (!this.#heard && !FIRST.has(this.#pending[0] ?? 0)) throw wrongProtocol(this.#pending)
    if (this.#wire.probed && !this.#heard) throw this.#wire.timedOut()
    let end = 0
    for (;;) {
      const message = this.#messageAt(end)
      if (message === undefined) break
      this.#heard = true
      if (message[0] === AUTHENTICATION) this.#judge(message)
      end += message.length
    }
    const whole = this.#pending.subarray(0, end)
    this.#pending = this.#pending.subarray(end)
    toDriver(whole)
  }

  /** Undefined until it is there whole. */
  #messageAt(start: number): Buffer | undefined {
    const bytes = this.#pending
    if (bytes.length < start + 5) return undefined
    const length = bytes.readUInt32BE(start + 1)
    const most = this.#loggedIn ? MOST_BYTES : MOST_LOGIN_BYTES
    if (!KNOWN.has(bytes[start] ?? 0) || length < 4 || length > most) throw wrongProtocol(bytes.subarray(start))
    return bytes.length < start + 1 + length ? undefined : bytes.subarray(start, start + 1 + length)
  }

  #judge(message: Buffer) {
    if (this.#loggedIn) throw wrongProtocol(message, 'after the login')
    const { strictLogin } = this.#wire.endpoint
    const asked = message.length >= 9 ? message.readUInt32BE(5) : -1
    const data = message.toString('latin1', 9)
    // The driver would compute a proof for each: a server that asks for ever would stop the process.
    if (this.#asked.has(asked)) throw wrongProtocol(message, 'a second time')
    this.#asked.add(asked)
    if (asked === OK) {
      if (this.#clientNonce !== undefined && !this.#proven)
        throw unsupported('let the login pass without proving that it knows the password')
      this.#loggedIn = true
    } else if (asked === CLEAR_TEXT) {
      if (strictLogin)
        throw unsupported("asks for the password in clear text, which a caller's choice of address forbids")
      if (!this.#wire.verified) throw unsupported('asks for the password in clear text, which needs verified TLS')
    } else if (asked === MD5) {
      if (strictLogin) throw unsupported("asks for an MD5 login, which a caller's choice of address forbids")
    } else if (asked === SASL) this.#judgeMechanisms(data)
    else if (asked === SASL_CONTINUE) this.#judgeChallenge(data)
    // The driver itself compares the signature and ends the connection where it is wrong.
    else if (asked === SASL_FINAL) this.#proven = true
    else throw unsupported(`asks for ${OTHERS[asked] ?? `login number ${asked}`}`)
  }

  #judgeMechanisms(data: string) {
    const mechanisms = data.split('\0').filter((name) => name !== '')
    if (!mechanisms.includes(SCRAM)) throw unsupported(`asks for ${mechanisms.join(', ').slice(0, 200)}`)
    this.#asksForScram = true
  }

  #judgeChallenge(data: string) {
    const fields = new Map(data.split(',').map((field) => [field.slice(0, 1), field.slice(2)]))
    const iterations = Number(fields.get('i'))
    const least = this.#wire.endpoint.strictLogin ? LEAST_STRICT_ITERATIONS : 1
    if (!Number.isSafeInteger(iterations) || iterations < least || iterations > MOST_ITERATIONS)
      throw unsupported(`asks for SCRAM with ${(fields.get('i') ?? 'no').slice(0, 20)} iterations`)
    const nonce = fields.get('r') ?? ''
    if (this.#clientNonce === undefined || !nonce.startsWith(this.#clientNonce) || nonce === this.#clientNonce)
      throw unsupported('answered with a SCRAM nonce that is not made from ours')
  }
}

const unsupported = (what: string) =>
  new PosternError('Database.AuthenticationUnsupported', { reason: `The server ${what}.` })
