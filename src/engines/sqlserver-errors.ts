import { type DiscoveryErrorCode, PosternError } from '../model/errors.ts'
import type { StepName } from '../model/listing.ts'
import { judgeRefusal } from './judge-refusal.ts'
import type { Wire } from './wire.ts'
import { withoutSecret } from './without-secret.ts'

/** What a server said: its number and its words. The state of 18456 is told to its own log only. */
export interface SqlserverRefusal {
  readonly number: number
  readonly message: string
}

/** Numbers as in the vendor's "Database Engine events and errors". */
const CODES: Readonly<Record<number, DiscoveryErrorCode>> = {
  18_456: 'Database.AuthenticationFailed',
  18_470: 'Database.AccountLocked',
  18_486: 'Database.AccountLocked',
  18_487: 'Database.AccountLocked',
  18_488: 'Database.AccountLocked',
  18_452: 'Database.AuthenticationUnsupported',
  4060: 'Database.PrivilegeMissing',
  4064: 'Database.PrivilegeMissing',
  229: 'Database.PrivilegeMissing',
  297: 'Database.PrivilegeMissing',
  300: 'Database.PrivilegeMissing',
  916: 'Database.PrivilegeMissing',
  17_809: 'Database.TooManyConnections',
  10_928: 'Database.TooManyConnections',
  10_929: 'Database.TooManyConnections',
  18_401: 'Database.Starting',
  17_142: 'Database.Starting',
  6005: 'Database.Starting',
  17_148: 'Database.Starting',
  40_613: 'Database.Starting',
  40_615: 'Database.AuthenticationFailed',
  1222: 'Task.ExecutionTimedOut',
}

const HINTS: Readonly<Record<number, string>> = {
  4060: "The endpoint's `database:` names the database to log in to; without it that is master.",
  18_452: 'The server takes Windows logins only, or the login is one; the gateway needs a login of SQL Server itself.',
  18_470: 'The login is disabled.',
  18_487: 'The password has expired.',
  18_488: 'The password must be changed.',
}

function sqlserverError(refusal: SqlserverRefusal, about: { user: string; step?: StepName }): PosternError {
  const { code, hint: unknown } = judgeRefusal(CODES[refusal.number], about.step ?? 'login')
  const words = refusal.message.length > 500 ? `${refusal.message.slice(0, 500)}…` : refusal.message
  const who = code.startsWith('Database.') ? ` User "${about.user}".` : ''
  const step = code === 'Task.ExecutionTimedOut' && about.step !== undefined ? ` Step ${about.step}.` : ''
  const hint = HINTS[refusal.number]
  return new PosternError(code, {
    reason: `The server said: ${words} (${refusal.number}).${who}${step}${hint === undefined ? '' : ` ${hint}`}${unknown}`,
    cause: new Error(`${refusal.number} ${words}`),
  })
}

/** `refusals`: what the server itself said, which comes first; `caught`: what the driver made of it. */
export function explainSqlserver(
  caught: unknown,
  about: { wire: Wire; password: string; refusals: readonly SqlserverRefusal[]; step?: StepName },
): PosternError {
  const { wire, password } = about
  const { user } = wire.endpoint
  // A login that may not use its database gets two errors; the first one says why.
  const refusal = about.refusals.find(({ number }) => CODES[number] !== undefined) ?? about.refusals[0]
  if (refusal !== undefined) {
    const message = withoutSecret(refusal.message, password)
    return sqlserverError({ number: refusal.number, message }, { user, ...(about.step && { step: about.step }) })
  }
  if (wire.failure !== undefined) return wire.failure
  if (caught instanceof PosternError) return caught
  // The driver's error may hold its settings; only its words go on.
  const words = withoutSecret(caught instanceof Error ? caught.message : 'no error object', password).slice(0, 500)
  return new PosternError('Endpoint.WrongProtocol', { reason: `The driver said: ${words}.`, cause: new Error(words) })
}
