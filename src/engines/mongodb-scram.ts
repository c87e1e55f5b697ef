import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { PosternError } from '../model/errors.ts'
import { saslPassword } from './sasl-password.ts'

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-1'

/** RFC 7677 asks for no fewer; more than the upper bound would only keep this machine busy. */
const LEAST_ITERATIONS = 4096
const MOST_ITERATIONS = 1_000_000
const MOST_CHARACTERS = 4096
/** A nonce of our own: so many random bytes. */
const NONCE_BYTES = 24
/** No channel binding: "n,," in base64. */
const NO_BINDING = 'biws'
const derive = promisify(pbkdf2)

/** One SCRAM login (RFC 5802, RFC 7677) as MongoDB does it; every refusal of what the server says is a PosternError. */
export class ScramLogin {
  readonly mechanism: ScramMechanism
  readonly #user: string
  readonly #hash: 'sha256' | 'sha1'
  readonly #nonce: string
  #signature: Buffer | undefined

  /** `nonce` only where a test knows the answer beforehand. */
  constructor(mechanism: ScramMechanism, user: string, nonce = randomBytes(NONCE_BYTES).toString('base64')) {
    this.mechanism = mechanism
    this.#user = user
    this.#hash = mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha1'
    this.#nonce = nonce
  }

  clientFirst(): string {
    return `n,,${this.#bare()}`
  }

  /** The proof of the password for what the server answered; costs some milliseconds, off the main thread. */
  async clientFinal(serverFirst: string, password: string): Promise<string> {
    const { nonce, salt, iterations } = this.#parse(serverFirst)
    const secret = await preparedPassword(this.mechanism, this.#user, password)
    const length = this.#hash === 'sha256' ? 32 : 20
    const salted = await derive(secret, salt, iterations, length, this.#hash)
    const withoutProof = `c=${NO_BINDING},r=${nonce}`
    const signed = `${this.#bare()},${serverFirst},${withoutProof}`
    const clientKey = this.#mac(salted, 'Client Key')
    const storedKey = createHash(this.#hash).update(clientKey).digest()
    const clientSignature = this.#mac(storedKey, signed)
    this.#signature = this.#mac(this.#mac(salted, 'Server Key'), signed)
    const proof = clientKey.map((byte, index) => byte ^ (clientSignature[index] ?? 0))
    return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`
  }

  /** Throws unless the server has shown that it knows the password too. */
  verify(serverFinal: string): void {
    const signature = /^v=([A-Za-z0-9+/]+={0,2})$/.exec(serverFinal)?.[1]
    const given = Buffer.from(signature ?? '', 'base64')
    const expected = this.#signature
    if (expected === undefined || given.length !== expected.length || !timingSafeEqual(given, expected))
      throw refused('it did not show that it knows the password itself')
  }

  #bare(): string {
    return `n=${this.#user.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${this.#nonce}`
  }

  #mac(key: Buffer, text: string): Buffer {
    return createHmac(this.#hash, key).update(text).digest()
  }

  #parse(serverFirst: string): { nonce: string; salt: Buffer; iterations: number } {
    if (serverFirst.length > MOST_CHARACTERS) throw refused('its answer is too long')
    const parts = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+={0,2}),i=(\d{1,9})(?:,[^]*)?$/.exec(serverFirst)
    const [, nonce = '', salt = '', count = ''] = parts ?? []
    if (parts === null) throw refused('its answer is not one of SCRAM')
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length)
      throw refused('its nonce does not continue ours')
    const iterations = Number(count)
    if (iterations < LEAST_ITERATIONS || iterations > MOST_ITERATIONS)
      throw refused(`it asks for ${iterations} iterations; from ${LEAST_ITERATIONS} to ${MOST_ITERATIONS} are accepted`)
    return { nonce, salt: Buffer.from(salt, 'base64'), iterations }
  }
}

/** SHA-1 has MongoDB's own older form of the password, SHA-256 the one of SASLprep; the user's name is taken as it is by both. */
async function preparedPassword(mechanism: ScramMechanism, user: string, password: string): Promise<string> {
  if (mechanism === 'SCRAM-SHA-1') return createHash('md5').update(`${user}:mongo:${password}`).digest('hex')
  const prepared = await saslPassword(password)
  if (prepared !== undefined) return prepared
  throw new PosternError('Database.AuthenticationUnsupported', {
    reason: `The password of user "${user}" has characters that SASLprep (RFC 4013) forbids, so no user of SCRAM-SHA-256 can have it. Check it for control characters and emoji, or give the user another.`,
  })
}

const refused = (why: string) =>
  new PosternError('Database.AuthenticationFailed', { reason: `What answers there cannot be trusted: ${why}.` })
