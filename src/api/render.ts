import { ERRORS, PosternError } from '../model/errors.ts'
import type { RequestId } from '../model/ids.ts'
import { isXmlText, xmlDocument } from './xml-document.ts'

interface Writer {
  readonly contentType: string
  /** `root` names what is written, where the format has a place for it. */
  write(root: string, body: object): string
  /** Whether it can write every character of the text. */
  holds(text: string): boolean
}

const WRITERS = {
  JSON: {
    contentType: 'application/json;charset=utf-8',
    write: (_root, body) => JSON.stringify(body),
    holds: () => true,
  },
  // Exactly so: official clients look for this text, without a space.
  XML: { contentType: 'text/xml;charset=utf-8', write: xmlDocument, holds: isXmlText },
} as const satisfies Record<string, Writer>
/** What an answer can be written in; one entry in `WRITERS` each. */
export type Format = keyof typeof WRITERS

const isFormat = (name: string): name is Format => Object.hasOwn(WRITERS, name)
/** Undefined where there is none of that name. */
export const formatNamed = (name: string): Format | undefined => (isFormat(name) ? name : undefined)
export const holderOf = (format: Format): ((text: string) => boolean) => WRITERS[format].holds

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
  success(body: object, shape: Shape & { readonly action: string }): Answer
  failure(error: PosternError, shape: Shape): Answer
  /** A success of what is no action: the body as it is, in JSON. */
  plain(body: object, requestId: RequestId): Answer
}

/** `publicUrl` is the address that people use, asked for each answer; nothing in one is made from what a caller sent as Host. */
export function createRenderer(publicUrl: () => string): Renderer {
  return {
    plain: (body, requestId) => answer(200, body, { requestId, format: 'JSON', root: '' }),
    success(body, { requestId, format, action }) {
      const whole = { RequestId: requestId, HttpStatusCode: 200, Success: true, ...body }
      return answer(200, whole, { requestId, format, root: `${action}Response` })
    },
    failure({ code, message, status, denied, fields, retryAfterMs }, shape) {
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
        ...fields,
      }
      const failed = answer(status, body, { ...shape, root: 'Error' })
      if (retryAfterMs === undefined) return failed
      return { ...failed, headers: { ...failed.headers, 'x-acs-retry-after': String(retryAfterMs) } }
    },
  }
}

function answer(status: number, body: object, shape: Shape & { readonly root: string }): Answer {
  const { requestId, format, root } = shape
  const writer = WRITERS[format]
  return {
    status,
    // An answer may hold a secret that is shown once, and a signed URL looks like any other to a cache.
    headers: { 'content-type': writer.contentType, 'x-acs-request-id': requestId, 'cache-control': 'no-store' },
    body: writer.write(root, body),
  }
}

/** What is not ours to say is InternalError: its words stay in the log. */
export function toPosternError(error: unknown): PosternError {
  if (error instanceof PosternError && ERRORS[error.entry].status >= 400) return error
  return new PosternError('InternalError', { cause: error })
}
