import { PosternError } from '../model/errors.ts'
import { mysqlServerError } from './mysql-errors.ts'
import { wrongProtocol } from './wrong-protocol.ts'
import type { Wire } from './wire.ts'

/** What a server says of itself before anybody has logged in. */
export interface Greeting {
  /** As sent: MariaDB puts "5.5.5-" before its own version. */
  readonly version: string
  readonly offersTls: boolean
}

/** Capability bits of the handshake. */
export const CLIENT_SSL = 0x0800
const CLIENT_SECURE_CONNECTION = 0x8000

const PROTOCOL_10 = 10
const ERROR_PACKET = 0xff
/** A greeting has about 100 bytes. */
const MOST_GREETING_BYTES = 1024

/** Waits for the greeting and leaves it to be read again. Anything else that comes is told as what it is. */
export async function hearGreeting(wire: Wire): Promise<Greeting> {
  const start = await wire.hear(5)
  if (!mayBeGreeting(start)) throw wire.failWrongProtocol(start)
  // The probe went out before this greeting came: the login is spoilt, and the server was too slow anyway.
  if (wire.probed) throw wire.timedOut()
  const length = start.readUIntLE(0, 3)
  const heard = await wire.hear(4 + length)
  const payload = heard.subarray(4, 4 + length)
  if (payload[0] === ERROR_PACKET) throw wire.fail(refusal(payload, wire.endpoint.user))
  const greeting = parseGreeting(payload)
  if (greeting === undefined) throw wire.fail(wrongProtocol(heard))
  if (greeting === 'old')
    throw wire.fail(
      new PosternError('Database.AuthenticationUnsupported', {
        reason: 'The server knows only the password scheme from before MySQL 4.1.',
      }),
    )
  return greeting
}

function mayBeGreeting(bytes: Buffer): boolean {
  const length = bytes.readUIntLE(0, 3)
  return (
    length > 2 &&
    length <= MOST_GREETING_BYTES &&
    bytes[3] === 0 &&
    (bytes[4] === PROTOCOL_10 || bytes[4] === ERROR_PACKET)
  )
}

function parseGreeting(payload: Buffer): Greeting | 'old' | undefined {
  const end = payload.indexOf(0, 1)
  // Thread id, first half of the seed and a filler lie between the version and the capabilities.
  const capabilitiesAt = end + 1 + 4 + 8 + 1
  if (end < 0 || capabilitiesAt + 2 > payload.length) return undefined
  const capabilities = payload.readUInt16LE(capabilitiesAt)
  if ((capabilities & CLIENT_SECURE_CONNECTION) === 0) return 'old'
  return { version: payload.toString('latin1', 1, end), offersTls: (capabilities & CLIENT_SSL) !== 0 }
}

/** A server that refuses at once, such as 1040 or 1130, says so in the place of its greeting. */
function refusal(payload: Buffer, user: string): PosternError {
  const text = payload.toString('utf8', 3)
  const message = text.startsWith('#') ? text.slice(6) : text
  return mysqlServerError({ errno: payload.readUInt16LE(1), message }, { user, step: 'login' })
}
