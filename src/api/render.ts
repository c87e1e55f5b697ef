import { createTurns } from '../base/turns.ts'
import { ERRORS, PosternError } from '../model/errors.ts'
import type { RequestId } from '../model/ids.ts'
import { errorPageUrl } from './error-page.ts'
import { jsonPieces } from './json-pieces.ts'
import { holdsLongList } from './long-list.ts'
import { isXmlText, xmlDocument, xmlPieces } from './xml-document.ts'

interface Writer {
  readonly contentType: string
  /** `root` names what is written, where the format has a place for it. */
  write(root: string, body: object): string
  /** The same text in pieces, for bodies with long lists. */
  pieces(root: string, body: object): Iterable<string>
  /** Whether it can write every character of the text. */
  holds(text: string): boolean
}

const WRITERS = {
  JSON: {
    contentType: 'application/json;charset=utf-8',
    write: (_root, body) => JSON.stringify(body),
    pieces: (_root, body) => jsonPieces(body),
    holds: () => true,
  },
  // Exactly so: official clients look for this text, without a space.
  XML: { contentType: 'text/xml;charset=utf-8', write: xmlDocument, pieces: xmlPieces, holds: isXmlText },
} as const satisfies Record<string, Writer>
/** What an answer can be written in; one entry in `WRITERS` each. */
export type Format = keyof typeof WRITERS

const isFormat = (name: string): name is Format => Object.hasOwn(WRITERS, name)
/** Undefined where there is none of that name. */
export const formatNamed = (name: string): Format | undefined => (isFormat(name) ? name : undefined)
export const holderOf = (format: Format): ((text: string) => boolean) => WRITERS[format].holds

/** An answer as it goes over the wire. */
export interface Answer<Body extends string | Buffer = string> {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Body
}

export interface Shape {
  readonly requestId: RequestId
  readonly format: Format
}

/** Shapes every answer, success and error, those from below the router too. */
export interface Renderer {
  /** Long lists are written slice by slice; others get their turn in between. A frozen body is written once while it is kept. */
  success(body: object, shape: Shape & { readonly action: string }): Promise<Answer<string | Buffer>>
  failure(error: PosternError, shape: Shape): Answer
  /** A success of what is no action: the body as it is, in JSON. */
  plain(body: object, requestId: RequestId): Answer
}

/** `publicUrl` is the address that people use, asked for each answer; nothing in one is made from what a caller sent as Host. */
export function createRenderer(publicUrl: () => string): Renderer {
  const turn = createTurns()
  const fieldsOf = frozenFields()
  return {
    plain: (body, requestId) => answer(200, body, { requestId, format: 'JSON', root: '' }),
    async success(body, { requestId, format, action }) {
      const fields = format === 'JSON' && Object.isFrozen(body) ? fieldsOf(body) : undefined
      if (fields !== undefined) {
        const text = `{"RequestId":"${requestId}","HttpStatusCode":200,"Success":true,${fields}`
        return { status: 200, headers: headersOf(requestId, format), body: text }
      }
      const whole = { RequestId: requestId, HttpStatusCode: 200, Success: true, ...body }
      const root = `${action}Response`
      if (!holdsLongList(whole)) return answer(200, whole, { requestId, format, root })
      // Bytes outside of the heap, where an answer waits until its caller has read it.
      const pieces: Buffer[] = []
      for (const piece of WRITERS[format].pieces(root, whole)) {
        pieces.push(Buffer.from(piece, 'utf8'))
        await turn()
      }
      return { status: 200, headers: headersOf(requestId, format), body: Buffer.concat(pieces) }
    },
    failure({ code, message, status, denied, fields, retryAfterMs }, shape) {
      const url = publicUrl()
      const recommend = `${errorPageUrl(url, code)}?requestId=${shape.requestId}`
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

/** The JSON of a body's fields and the end of it; undefined for one that is written another way. */
function frozenFields(): (body: object) => string | undefined {
  const written = new WeakMap<object, string>()
  return (body) => {
    const known = written.get(body)
    if (known !== undefined) return known
    // It would say otherwise what every answer says.
    if ('Success' in body || Object.keys(body).length === 0 || holdsLongList(body)) return undefined
    const fields = JSON.stringify(body).slice(1)
    written.set(body, fields)
    return fields
  }
}

function answer(status: number, body: object, shape: Shape & { readonly root: string }): Answer {
  const { requestId, format, root } = shape
  return {
    status,
    headers: headersOf(requestId, format),
    body: WRITERS[format].write(root, body),
  }
}

/** An answer may hold a secret that is shown once, and a signed URL looks like any other to a cache. */
const headersOf = (requestId: RequestId, format: Format) => ({
  'content-type': WRITERS[format].contentType,
  'x-acs-request-id': requestId,
  'cache-control': 'no-store',
})

/** What is not ours to say is InternalError: its words stay in the log. */
export function toPosternError(error: unknown): PosternError {
  if (error instanceof PosternError && ERRORS[error.entry].status >= 400) return error
  return new PosternError('InternalError', { cause: error })
}
