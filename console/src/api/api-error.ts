/** What the server, or the way to it, refused. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: string
  /** HTTP; 0 where nothing answered. */
  readonly status: number
  readonly requestId: string | undefined
  /** A page about the code. */
  readonly recommend: string | undefined
  /** Milliseconds after which another try is welcome. */
  readonly retryAfterMs: number | undefined
  /** All that was answered. */
  readonly body: Readonly<Record<string, unknown>>

  constructor(parts: {
    readonly code: string
    readonly message: string
    readonly status: number
    readonly requestId?: string | undefined
    readonly recommend?: string | undefined
    readonly retryAfterMs?: number | undefined
    readonly body?: Readonly<Record<string, unknown>>
    readonly cause?: unknown
  }) {
    super(parts.message, { cause: parts.cause })
    this.code = parts.code
    this.status = parts.status
    this.requestId = parts.requestId
    this.recommend = parts.recommend
    this.retryAfterMs = parts.retryAfterMs
    this.body = parts.body ?? {}
  }
}

/** Nothing answered, or not in time. */
export const NO_CONNECTION = 'NoConnection'
/** Something else than this server answered, a proxy for example. */
export const NOT_POSTERN = 'NotPostern'
