import { type DiscoveryErrorCode, PosternError } from '../model/errors.ts'
import type { StepName } from '../model/listing.ts'
import { judgeRefusal } from './judge-refusal.ts'
import type { Greeting } from './mysql-greeting.ts'
import type { Wire } from './wire.ts'
import { isMisread } from './misread.ts'
import { withoutSecret } from './without-secret.ts'

/** What a server said: its number and its words. */
export interface MysqlRefusal {
  readonly errno: number
  readonly message: string
}

export interface MysqlCircumstances {
  readonly wire: Wire
  readonly greeting: Greeting
  readonly password: string
}

/** Numbers of MySQL and MariaDB; they are unique across both. */
const CODES: Readonly<Record<number, DiscoveryErrorCode>> = {
  1040: 'Database.TooManyConnections',
  1203: 'Database.TooManyConnections',
  1226: 'Database.TooManyConnections',
  1044: 'Database.AuthenticationFailed',
  1045: 'Database.AuthenticationFailed',
  1129: 'Database.AuthenticationFailed',
  1130: 'Database.AuthenticationFailed',
  1698: 'Database.AuthenticationFailed',
  1251: 'Database.AuthenticationUnsupported',
  1820: 'Database.AccountLocked',
  1862: 'Database.AccountLocked',
  3118: 'Database.AccountLocked',
  3955: 'Database.AccountLocked',
  4150: 'Database.AccountLocked',
  4151: 'Database.AccountLocked',
  3159: 'Endpoint.TlsRequired',
  1053: 'Database.Starting',
  1142: 'Database.PrivilegeMissing',
  1143: 'Database.PrivilegeMissing',
  1227: 'Database.PrivilegeMissing',
  1969: 'Task.ExecutionTimedOut',
  3024: 'Task.ExecutionTimedOut',
}

/** `REQUIRE SSL` without TLS is refused with the number of a wrong password. */
const ACCESS_DENIED = 1045
const TLS_HINT =
  'The server offers TLS and the endpoint has it switched off: a user who must use TLS is refused like a wrong password.'
const CERTIFICATE_HINT =
  'A user made with REQUIRE X509 is refused like this too: that one needs `tls.clientCertFile` of the endpoint.'
const OTHER_CERTIFICATE_HINT =
  'A user made with REQUIRE SUBJECT or ISSUER is refused like this too, where the client certificate has another.'

/** Numbers that the driver gives to errors of its own. */
const isDriverErrno = (errno: number) => errno >= 45_000 && errno < 46_000
/** Plugin not known, no RSA key, plugin not allowed, clear text without TLS. */
const LOGIN_UNSUPPORTED = new Set([45_025, 45_044, 45_047, 45_064])
/** Packets out of place, the demand for a local file that nobody offered, more columns than there can be. */
const UNEXPECTED_PACKET = new Set([45_011, 45_020, 45_021, 45_022, 45_024, 45_034, 45_065])

export function mysqlServerError(
  refusal: MysqlRefusal,
  about: { user: string; step: StepName; hint?: string },
): PosternError {
  const { code, hint: unknown } = judgeRefusal(CODES[refusal.errno], about.step)
  const words = bounded(refusal.message)
  const user = code.startsWith('Database.') ? ` User "${about.user}".` : ''
  const hint = about.hint === undefined || refusal.errno !== ACCESS_DENIED ? '' : ` ${about.hint}`
  return new PosternError(code, {
    reason: `The server said: ${words} (${refusal.errno}).${user}${hint}${unknown}`,
    cause: new Error(`${refusal.errno} ${words}`),
  })
}

/**
 * An error of the driver in our words: what the server itself said first, then why the connection ended.
 * `refused`: the server answered, so the connection can be used further.
 */
export function explainMysql(error: unknown, about: MysqlCircumstances): { error: PosternError; refused: boolean } {
  const { errno, message } = driverError(error)
  const words = bounded(withoutSecret(message, about.password))
  if (errno !== undefined && !isDriverErrno(errno)) {
    const { endpoint, step } = about.wire
    const { user, tls } = endpoint
    const ofCertificate = tls.mode === 'verify' && tls.client !== undefined ? OTHER_CERTIFICATE_HINT : CERTIFICATE_HINT
    const hint = tls.mode === 'verify' ? ofCertificate : about.greeting.offersTls ? TLS_HINT : undefined
    const said = mysqlServerError({ errno, message: words }, { user, step, ...(hint === undefined ? {} : { hint }) })
    return { error: said, refused: true }
  }
  if (about.wire.failure !== undefined) return { error: about.wire.failure, refused: false }
  if (error instanceof PosternError) return { error, refused: false }
  // The driver's error holds statements and settings; only its words go on.
  const cause = new Error(words)
  const code = isMisread(error) ? 'Endpoint.WrongProtocol' : codeOfDriver(errno ?? 0)
  return { error: new PosternError(code, { reason: `The driver said: ${words}.`, cause }), refused: false }
}

function codeOfDriver(errno: number): DiscoveryErrorCode {
  if (LOGIN_UNSUPPORTED.has(errno)) return 'Database.AuthenticationUnsupported'
  return UNEXPECTED_PACKET.has(errno) ? 'Endpoint.WrongProtocol' : 'Internal'
}

function driverError(error: unknown): { errno?: number; message: string } {
  if (!(error instanceof Error)) return { message: 'no error object' }
  const message = 'sqlMessage' in error && typeof error.sqlMessage === 'string' ? error.sqlMessage : error.message
  return 'errno' in error && typeof error.errno === 'number' ? { errno: error.errno, message } : { message }
}

const bounded = (text: string) => (text.length > 500 ? `${text.slice(0, 500)}…` : text)
