import * as z from 'zod/mini'
import { ApiError, NO_CONNECTION, NOT_POSTERN } from './api-error.ts'
import { ALGORITHM, percentEncode, sha256, type SignedPieces, type Signer, signV3 } from './sign-v3.ts'

/** Above the longest WaitSeconds. */
const REQUEST_MS = 40_000

export type Params = Readonly<Record<string, string | number | boolean | undefined>>

export interface Call<T> {
  readonly action: string
  /** One of `VERSION`. */
  readonly version: string
  readonly params?: Params
  /** What the answer must look like; what it has besides is left out, or kept with a loose object. */
  readonly answer: z.ZodMiniType<T>
  readonly signal?: AbortSignal
}

/** What goes to the server; nothing of the key but its name is in it. */
export interface SignedRequest extends SignedPieces {
  readonly method: 'POST'
  readonly url: string
  /** In the order in which they were made; the browser adds Host. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface ApiClient {
  /** Rejects with ApiError. */
  call<T>(call: Call<T>): Promise<T>
  /** As it will go, to be looked at or sent with `send`. Each has a nonce of its own. */
  prepare(action: string, version: string, params: Params): Promise<SignedRequest>
  /** The answer as text, whatever it is. Rejects with ApiError where nothing answers. */
  send(request: SignedRequest, signal?: AbortSignal): Promise<RawAnswer>
}

export interface RawAnswer {
  readonly status: number
  readonly text: string
  readonly headers: Headers
}

/** `origin` is where the console came from; requests go nowhere else. */
export function createClient(signer: Signer, origin: string): ApiClient {
  const prepare = async (action: string, version: string, params: Params): Promise<SignedRequest> => {
    const body = formOf(params)
    const bodyHash = await sha256(body)
    const signed: Record<string, string> = {
      'x-acs-action': action,
      'x-acs-version': version,
      'x-acs-date': `${new Date().toISOString().slice(0, 19)}Z`,
      'x-acs-signature-nonce': crypto.randomUUID(),
      'x-acs-content-sha256': bodyHash,
      ...(signer.securityToken !== undefined && { 'x-acs-security-token': signer.securityToken }),
    }
    const headers = [['host', new URL(origin).host] as const, ...Object.entries(signed)]
    const pieces = await signV3({ method: 'POST', path: '/', query: new Map(), headers, bodyHash }, signer)
    const { signedHeaders, signature } = pieces
    return {
      ...pieces,
      method: 'POST',
      url: `${origin}/`,
      headers: {
        ...signed,
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `${ALGORITHM} Credential=${signer.accessKeyId},SignedHeaders=${signedHeaders},Signature=${signature}`,
      },
      body,
    }
  }

  return {
    prepare,
    async call({ action, version, params = {}, answer, signal }) {
      const { status, text, retryAfterMs } = await post(await prepare(action, version, params), signal)
      const parsed = record.safeParse(toJson(text))
      if (!parsed.success) throw notPostern(status)
      if (status >= 300) throw toApiError(status, parsed.data, retryAfterMs)
      const body = answer.safeParse(parsed.data)
      if (body.success) return body.data
      throw new ApiError({ code: NOT_POSTERN, message: z.prettifyError(body.error), status })
    },
    send: (request, signal) => post(request, signal),
  }
}

const record = z.record(z.string(), z.unknown())
const failure = z.object({
  Code: z.string(),
  Message: z.string(),
  RequestId: z.optional(z.string()),
  Recommend: z.optional(z.string()),
})

/** Of any answer of the server that is an error. */
export function toApiError(status: number, body: Readonly<Record<string, unknown>>, retryAfterMs?: number): ApiError {
  const parsed = failure.safeParse(body)
  if (!parsed.success) return notPostern(status)
  const { Code: code, Message: message, RequestId: requestId, Recommend: recommend } = parsed.data
  return new ApiError({ code, message, status, requestId, recommend, retryAfterMs, body })
}

const notPostern = (status: number) =>
  new ApiError({ code: NOT_POSTERN, message: `HTTP ${status}, and not the JSON of this server.`, status })

async function post({ url, method, headers, body }: SignedRequest, signal: AbortSignal | undefined) {
  const deadline = AbortSignal.timeout(REQUEST_MS)
  try {
    const response = await fetch(url, {
      method,
      headers,
      body,
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    })
    const wait = response.headers.get('x-acs-retry-after')
    return {
      status: response.status,
      text: await response.text(),
      headers: response.headers,
      retryAfterMs: wait === null ? undefined : Number(wait),
    }
  } catch (cause) {
    // Given up by the page itself: nobody reads it.
    if (signal?.aborted) throw cause
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new ApiError({ code: NO_CONNECTION, message, status: 0, cause })
  }
}

/** Strictly encoded, undefined and empty texts left out. */
function formOf(params: Params): string {
  return Object.entries(params)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(String(value))}`)
    .join('&')
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
