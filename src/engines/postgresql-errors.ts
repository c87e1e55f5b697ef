import postgres from 'postgres'
import { type DiscoveryErrorCode, PosternError } from '../model/errors.ts'
import type { StepName } from '../model/listing.ts'
import type { Wire } from './wire.ts'
import { judgeRefusal } from './judge-refusal.ts'
import { isMisread } from './misread.ts'
import { withoutSecret } from './without-secret.ts'

/** What a server said: SQLSTATE and its words. */
export interface PostgresqlRefusal {
  readonly sqlstate: string
  readonly message: string
}

const CODES: Readonly<Record<string, DiscoveryErrorCode>> = {
  '28P01': 'Database.AuthenticationFailed',
  '28000': 'Database.AuthenticationFailed',
  '53300': 'Database.TooManyConnections',
  '57P01': 'Database.Starting',
  '57P02': 'Database.Starting',
  '57P03': 'Database.Starting',
  '3D000': 'Database.PrivilegeMissing',
  '42501': 'Database.PrivilegeMissing',
  '55000': 'Database.PrivilegeMissing',
  '57014': 'Task.ExecutionTimedOut',
  '55P03': 'Task.ExecutionTimedOut',
}

/** pg_hba.conf has a line for this user over TLS only; SQLSTATE 28000 alone does not tell. Both wordings, since version 12 and before. */
const INSISTS_ON_TLS = /no pg_hba\.conf entry .*(no encryption|SSL off)/
/** A line of pg_hba.conf that says "reject"; one for connections without TLS (`hostnossl`) cannot be told from any other. */
const REJECTED = /^pg_hba\.conf rejects connection /
const WITHOUT_TLS = /(no encryption|SSL off)$/
/** PgBouncer gives one SQLSTATE to everything; its words are all there is. */
const POOLER_FULL = /no more connections allowed/
const POOLER_NO_DATABASE = /no such database/
const POOLER = '08P01'

export function postgresqlServerError(
  refusal: PostgresqlRefusal,
  about: { user: string; step?: StepName },
): PosternError {
  const { code, hint: unknown } = judgeRefusal(codeOf(refusal), about.step ?? 'login')
  const words = refusal.message.length > 500 ? `${refusal.message.slice(0, 500)}…` : refusal.message
  const who = code.startsWith('Database.') ? ` User "${about.user}".` : ''
  const hint =
    REJECTED.test(words) && WITHOUT_TLS.test(words) ? ' Perhaps the server lets this user in over TLS only.' : ''
  const step = code === 'Task.ExecutionTimedOut' && about.step !== undefined ? ` Step ${about.step}.` : ''
  return new PosternError(code, {
    reason: `The server said: ${words} (${refusal.sqlstate}).${who}${hint}${step}${unknown}`,
    cause: new Error(`${refusal.sqlstate} ${words}`),
  })
}

function codeOf({ sqlstate, message }: PostgresqlRefusal): DiscoveryErrorCode | undefined {
  if (sqlstate === '28000' && INSISTS_ON_TLS.test(message)) return 'Endpoint.TlsRequired'
  if (sqlstate === POOLER && POOLER_FULL.test(message)) return 'Database.TooManyConnections'
  if (sqlstate === POOLER && POOLER_NO_DATABASE.test(message)) return 'Database.PrivilegeMissing'
  return CODES[sqlstate]
}

/**
 * True where only this database refused, so that another may be tried: it does not exist, may not be connected to, takes no
 * connections, or pg_hba.conf has no line for it or rejects it. Never after a wrong password: accounts lock.
 */
export function refusedForDatabase(refusal: PostgresqlRefusal): boolean {
  const { sqlstate, message } = refusal
  if (sqlstate === '28000')
    return REJECTED.test(message) || (message.startsWith('no pg_hba.conf entry') && !INSISTS_ON_TLS.test(message))
  if (sqlstate === POOLER) return POOLER_NO_DATABASE.test(message)
  return sqlstate === '3D000' || sqlstate === '42501' || sqlstate === '55000'
}

/** An error of the driver in our words; `refusal` where it is the server that answered, so that the connection can be used further. */
export function explainPostgresql(
  caught: unknown,
  about: { wire: Wire; password: string },
): { error: PosternError; refusal?: PostgresqlRefusal } {
  const { wire, password } = about
  if (caught instanceof postgres.PostgresError) {
    const refusal = { sqlstate: caught.code, message: withoutSecret(caught.message, password) }
    return { error: postgresqlServerError(refusal, { user: wire.endpoint.user }), refusal }
  }
  if (wire.failure !== undefined) return { error: wire.failure }
  if (caught instanceof PosternError) return { error: caught }
  // The driver's error holds statements and settings; only its words go on.
  const words = withoutSecret(caught instanceof Error ? caught.message : 'no error object', password)
  const wrongProof = caught instanceof Error && 'code' in caught && caught.code === 'SASL_SIGNATURE_MISMATCH'
  const code = wrongProof
    ? 'Database.AuthenticationUnsupported'
    : isMisread(caught)
      ? 'Endpoint.WrongProtocol'
      : 'Internal'
  return { error: new PosternError(code, { reason: `The driver said: ${words}.`, cause: new Error(words) }) }
}
