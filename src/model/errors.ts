import { DISCOVERY_ERRORS } from './discovery-errors.ts'
import { RAM_ERRORS } from './ram-errors.ts'
import { REQUEST_ERRORS } from './request-errors.ts'

/** The one table of error codes. */
export const ERRORS = { ...REQUEST_ERRORS, ...RAM_ERRORS, ...DISCOVERY_ERRORS }
export type ErrorCode = keyof typeof ERRORS
export type DiscoveryErrorCode = keyof typeof DISCOVERY_ERRORS

export function isDiscoveryErrorCode(code: string): code is DiscoveryErrorCode {
  return Object.hasOwn(DISCOVERY_ERRORS, code)
}

export const isErrorCode = (code: unknown): code is ErrorCode => typeof code === 'string' && Object.hasOwn(ERRORS, code)

export interface ErrorOptions {
  /** Fills `{X}` in code and message. */
  readonly values?: Readonly<Record<string, string>>
  /** Takes the place of the table's message. */
  readonly message?: string
  /** Follows the table's message. */
  readonly reason?: string
  readonly cause?: unknown
  /** More fields of the answer; strings only. */
  readonly fields?: Readonly<Record<string, string>>
  /** AccessDeniedDetail: strings only, because official clients read them unchecked. */
  readonly denied?: Readonly<Record<string, string>>
  /** When to try again. */
  readonly retryAfterMs?: number
  /** It is not known whether the work was done. */
  readonly inDoubt?: boolean
}

const fill = (text: string, values: Readonly<Record<string, string>>) =>
  text.replace(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole)

/** The one error class. `code` is the contract; `message` is for people and never holds a secret. */
export class PosternError extends Error {
  /** The code in the table; `Missing{P}` stays a template here. */
  readonly entry: ErrorCode
  /** The code as it is answered. */
  readonly code: string
  /** HTTP status. */
  readonly status: number
  readonly denied: Readonly<Record<string, string>> | undefined
  readonly fields: Readonly<Record<string, string>> | undefined
  readonly retryAfterMs: number | undefined
  readonly inDoubt: boolean

  constructor(entry: ErrorCode, options: ErrorOptions = {}) {
    const values = options.values ?? {}
    const base = options.message ?? fill(ERRORS[entry].message, values)
    super(options.reason === undefined ? base : `${base} ${options.reason}`, { cause: options.cause })
    this.name = 'PosternError'
    this.entry = entry
    this.code = fill(entry, values)
    this.status = ERRORS[entry].status
    this.denied = options.denied
    this.fields = options.fields
    this.retryAfterMs = options.retryAfterMs
    this.inDoubt = options.inDoubt ?? false
  }
}

export const missing = (parameter: string, reason?: string) =>
  new PosternError('Missing{P}', { values: { P: parameter }, ...(reason !== undefined && { reason }) })
export const invalid = (parameter: string, reason: string) =>
  new PosternError('Invalid{P}', { values: { P: parameter }, reason })
