import { type DiscoveryErrorCode, PosternError } from '../model/errors.ts'
import type { Endpoint } from './engine.ts'
import { judgeRefusal } from './judge-refusal.ts'
import { oracleIdentifier } from './oracle-grants.ts'
import type { Wire } from './wire.ts'
import { withoutSecret } from './without-secret.ts'

export interface OracleCircumstances {
  readonly wire: Wire
  readonly password: string
}

/** Numbers of the database and of the listener (Oracle Database Error Messages); both share one range. */
const CODES: Readonly<Record<number, DiscoveryErrorCode>> = {
  18: 'Database.TooManyConnections',
  20: 'Database.TooManyConnections',
  942: 'Database.PrivilegeMissing',
  1005: 'Database.AuthenticationFailed',
  1013: 'Task.ExecutionTimedOut',
  1017: 'Database.AuthenticationFailed',
  1031: 'Database.PrivilegeMissing',
  1033: 'Database.Starting',
  1034: 'Database.Starting',
  1035: 'Database.NotListable',
  1045: 'Database.PrivilegeMissing',
  1089: 'Database.Starting',
  1090: 'Database.Starting',
  1109: 'Database.NotListable',
  2391: 'Database.TooManyConnections',
  12505: 'Database.NotListable',
  12506: 'Database.AuthenticationFailed',
  12514: 'Database.NotListable',
  12516: 'Database.TooManyConnections',
  12518: 'Database.TooManyConnections',
  12519: 'Database.TooManyConnections',
  12520: 'Database.TooManyConnections',
  12526: 'Database.NotListable',
  12527: 'Database.NotListable',
  12528: 'Database.Starting',
  12529: 'Database.AuthenticationFailed',
  12660: 'Database.AuthenticationUnsupported',
  27101: 'Database.Starting',
  28000: 'Database.AccountLocked',
  28001: 'Database.AccountLocked',
  28040: 'Database.AuthenticationUnsupported',
}
const NO_SUCH_SERVICE = 12514
const NO_SUCH_SID = 12505
const NO_CREATE_SESSION = 1045
/** The driver's own: a kind of password hash, or a negotiation, that it cannot do. */
const LOGIN_UNSUPPORTED = new Set(['NJS-116', 'NJS-531', 'NJS-532', 'NJS-533'])
const CALL_TIMED_OUT = 'NJS-123'

/** `words`: what a listener says when it refuses, such as `(DESCRIPTION=(ERR=12514)…)`. */
export function oracleRefusal(words: string, endpoint: Endpoint): PosternError {
  const number = Number(/\(ERR=(\d{1,6})\)/i.exec(words)?.[1] ?? /\(CODE=(\d{1,6})\)/i.exec(words)?.[1] ?? 0)
  // The listener was asked for the service and for nothing else.
  const { code, hint } = judgeRefusal(CODES[number], 'list')
  const ora = `ORA-${String(number).padStart(5, '0')}`
  const said = `The listener refused with ${number === 0 ? printable(words) : ora}.`
  return new PosternError(code, { reason: `${whatItMeans(number, endpoint)}${said}${hint}` })
}

function whatItMeans(number: number, { serviceName, sid }: Endpoint): string {
  const mend = '`lsnrctl services` on the server shows those it knows; change'
  if (number === NO_SUCH_SERVICE)
    return `The listener knows no service "${serviceName ?? sid}": ${mend} \`serviceName\` of the endpoint. `
  if (number === NO_SUCH_SID)
    return `The listener knows no SID "${sid ?? serviceName}": ${mend} \`sid\` of the endpoint. `
  return ''
}

/**
 * An error of the driver in our words: what the server itself said first, then why the connection ended.
 * `number`: the server's own; then the connection can be used further.
 */
export function explainOracle(error: unknown, about: OracleCircumstances): { error: PosternError; number?: number } {
  const { wire, password } = about
  const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'no error object'
  const words = printable(withoutSecret(message, password))
  const number = Number(/^ORA-(\d{5})/.exec(words)?.[1] ?? 0)
  if (number > 0) return { error: serverError(number, words, wire), number }
  if (wire.failure !== undefined) return { error: wire.failure }
  if (error instanceof PosternError) return { error }
  const own = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  // The driver's error may hold settings; only its words go on.
  const saying = { reason: `The driver said: ${words}.`, cause: new Error(words) }
  if (own === CALL_TIMED_OUT) return { error: new PosternError('Task.ExecutionTimedOut', saying) }
  if (LOGIN_UNSUPPORTED.has(own)) return { error: new PosternError('Database.AuthenticationUnsupported', saying) }
  // What is left cannot be understood: the driver met bytes that make no sense.
  return { error: new PosternError('Endpoint.WrongProtocol', saying) }
}

function serverError(number: number, words: string, { endpoint: { user }, step }: Wire): PosternError {
  const { code, hint } = judgeRefusal(CODES[number], step)
  const grant =
    number === NO_CREATE_SESSION ? `To mend it run: GRANT CREATE SESSION TO ${oracleIdentifier(user)}. ` : ''
  return new PosternError(code, {
    reason: `${grant}The server said: ${words.replace(/\.$/, '')}.${code.startsWith('Database.') ? ` User "${user}".` : ''}${hint}`,
    cause: new Error(words),
  })
}

function printable(text: string): string {
  const clean = text.replace(/\p{Cc}/gu, ' ').trim()
  return clean.length > 500 ? `${clean.slice(0, 500)}…` : clean
}
