import { ERRORS, type ErrorCode, PosternError } from '../../model/errors.ts'

/** An error on its way between threads: classes do not survive the way, data does. */
export interface ErrorData {
  readonly entry: ErrorCode
  readonly message: string
  /** For the log only. */
  readonly detail: string
}

/** Of the result codes of SQLite, those that pass: the disk or the memory is full, the disk cannot be read or written, or only be read. */
const PASSING_RESULT_CODES: readonly number[] = [5, 6, 7, 8, 10, 13, 14]

export function toErrorData(error: unknown): ErrorData {
  if (error instanceof PosternError) return { entry: error.entry, message: error.message, detail: detailOf(error) }
  const detail = detailOf(error)
  if (!isPassing(error)) return { entry: 'InternalError', message: ERRORS.InternalError.message, detail }
  const why = 'The store could not write; its disk may be full or read-only.'
  return { entry: 'ServiceUnavailable', message: ERRORS.ServiceUnavailable.message.replace('{why}', why), detail }
}

export function fromErrorData({ entry, message, detail }: ErrorData): PosternError {
  return new PosternError(entry, { message, cause: new Error(detail) })
}

function isPassing(error: unknown): boolean {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return false
  // The low byte is the primary code, the rest says where it happened.
  return PASSING_RESULT_CODES.includes(error.errcode & 0xff)
}

function detailOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `; caused by: ${detailOf(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}
