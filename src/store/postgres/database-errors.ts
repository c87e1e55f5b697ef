import { ConfigurationError } from '../../base/configuration-error.ts'
import { isLeavingCode } from '../../base/postgres-login.ts'
import { PosternError } from '../../model/errors.ts'
import { hostsOf, type PostgresAddress } from '../../model/postgres-address.ts'

/** Serialization failure, deadlock, lock not to be had: the same again may succeed. */
const CONTENTION: readonly string[] = ['40001', '40P01', '55P03']
/** Classes and codes that pass: connection, login, resources, an operator's hand, the system below, a standby that takes no writes. */
const PASSING = /^(?:08|28|53|57|58|25006)/
/** Of those, where the database is there and only cannot do it now: resources, and what the operator or a limit cancelled. */
const BUSY = /^(?:53|57014)/
const RETRY_AFTER_MS = 1_000
/** Of the system and of the driver: the connection was lost or never made. */
const LOST =
  /^(?:E[A-Z]+|CONNECTION_[A-Z]+|CONNECT_TIMEOUT|ERR_TLS_[A-Z_]+|ERR_SSL_[A-Z_]+|[A-Z_]*(?:CERT|SIGNATURE)[A-Z_]*)$/

export const isContention = (error: unknown) => CONTENTION.includes(codeOf(error))

/** The database could not be asked, or not now. */
export const isPassing = (error: unknown) =>
  isContention(error) || PASSING.test(codeOf(error)) || LOST.test(codeOf(error)) || isLoss(error)

/** The server takes no writes or goes down: the connection is of no use, whatever it still answers. */
export const isLeaving = (error: unknown) => isLoss(error) || isLeavingCode(codeOf(error))

/** What callers see of what the database or the way to it did. Nothing of what was asked is in it, nor what rows hold. */
export function explained(error: unknown): PosternError {
  if (error instanceof PosternError) return error
  const cause = new Error(detailOf(error))
  if (!isPassing(error)) return new PosternError('InternalError', { cause })
  const busy = isContention(error) || BUSY.test(codeOf(error))
  const why = busy ? 'The database of the store is too busy.' : 'The database of the store cannot be reached.'
  return new PosternError('ServiceUnavailable', { values: { why }, cause, retryAfterMs: RETRY_AFTER_MS })
}

/** Read by the person who starts the server: what the database, or the way to it, said. */
export function cannotOpen(error: unknown, address: PostgresAddress): Error {
  if (error instanceof PosternError || error instanceof ConfigurationError) return error
  const message = `The database of the store at ${hostsOf(address)} cannot be opened: ${detailOf(error)}.`
  return new PosternError(isPassing(error) ? 'ServiceUnavailable' : 'InternalError', { message })
}

/** The connection was lost while a commit was on its way, or the database does not vouch for it. */
export function outcomeUnknown(error: unknown): PosternError {
  const why =
    'The database of the store cannot be reached since it was told to commit, so it is not known whether the change was made. Repeat the request; one with a ClientToken is carried out once.'
  const cause = new Error(detailOf(error))
  return new PosternError('ServiceUnavailable', { values: { why }, cause, retryAfterMs: RETRY_AFTER_MS, inDoubt: true })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** Of our own words, which have no code. */
const isLoss = (error: unknown) => error instanceof Error && /^the (?:connection to the )?database /.test(error.message)

/** Code, message and where in the schema: details of the database hold rows. */
function detailOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const constraint = 'constraint_name' in error ? ` (${String(error.constraint_name)})` : ''
  return `${codeOf(error)} ${error.message}${constraint}`.trim()
}
