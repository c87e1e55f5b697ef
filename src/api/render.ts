import { ERRORS, PosternError } from '../model/errors.ts'
import type { RequestId } from '../model/ids.ts'

/** What an answer can be written in; one entry in `WRITERS` each. */
export type Format = 'JSON'

const WRITERS: Record<Format, { readonly contentType: string; write(body: object): string }> = {
  JSON: { contentType: 'application/json;charset=utf-8', write: (body) => JSON.stringify(body) },
}

/** An answer as it goes over the wire. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Shape {
  readonly requestId: RequestId
  readonly format: Format
}

/** Shapes every answer, success and error, those from below the router too. */
export interface Renderer {
  success(body: object, shape: Shape): Answer
  failure(error: PosternError, shape: Shape): Answer
  /** A success of what is no action: the body as it is. */
  plain(body: object, shape: Shape): Answer
}

/** `publicUrl` is the address that people use, asked for each answer; nothing in one is made from what a caller sent as Host. */
export function createRenderer(publicUrl: () => string): Renderer {
  return {
    plain: (body, shape) => answer(200, body, shape),
    success: (body, shape) =>
      answer(200, { RequestId: shape.requestId, HttpStatusCode: 200, Success: true, ...body }, shape),
    failure({ code, message, status, denied }, shape) {
      const url = publicUrl()
      const base = url.replace(/\/+$/, '')
      const recommend = `${base}/errors/${encodeURIComponent(code)}?requestId=${shape.requestId}`
      const body = {
        RequestId: shape.requestId,
        HostId: new URL(url).host,
        Code: code,
        Message: message,
        Recommend: recommend,
        Success: false,
        HttpStatusCode: status,
        ErrCode: code,
        ErrMessage: message,
        ...(denied !== undefined && { AccessDeniedDetail: denied }),
      }
      return answer(status, body, shape)
    },
  }
}

function answer(status: number, body: object, { requestId, format }: Shape): Answer {
  const writer = WRITERS[format]
  return {
    status,
    // An answer may hold a secret that is shown once, and a signed URL looks like any other to a cache.
    headers: { 'content-type': writer.contentType, 'x-acs-request-id': requestId, 'cache-control': 'no-store' },
    body: writer.write(body),
  }
}

/** What is not ours to say is InternalError: its words stay in the log. */
export function toPosternError(error: unknown): PosternError {
  if (error instanceof PosternError && ERRORS[error.entry].status >= 400) return error
  return new PosternError('InternalError', { cause: error })
}
