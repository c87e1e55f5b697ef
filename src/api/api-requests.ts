import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Log } from '../base/log.ts'
import { createTurnEnd } from '../base/turn-end.ts'
import { callerAddress } from '../model/caller-address.ts'
import { PosternError } from '../model/errors.ts'
import { type RequestId, toRequestId } from '../model/ids.ts'
import type { IsTrustedProxy } from '../model/trusted-proxies.ts'
import type { SentHeaders } from '../access/signed-request.ts'
import type { Admission } from './admission.ts'
import type { ApiAudit } from './api-audit.ts'
import { CallerGone } from './caller-gone.ts'
import type { ClientErrors } from './client-errors.ts'
import type { Answered, Pipeline } from './pipeline.ts'
import { type Answer, type Renderer, toPosternError } from './render.ts'
import { readBody } from './request-body.ts'
import { requestTarget } from './request-target.ts'
import { isHttps, STRICT_TRANSPORT } from './strict-transport.ts'

/** More than a request may have: what is a little too large is read, so that its sender reads the answer. */
export const MAX_BODY_BYTES = 1024 * 1024

export interface ApiRequestsParts {
  readonly pipeline: Pipeline
  readonly admission: Admission
  readonly renderer: Renderer
  readonly clientErrors: ClientErrors
  readonly audit: ApiAudit | undefined
  readonly log: Log
  readonly isTrustedProxy: IsTrustedProxy
  readonly isDraining: () => boolean
  /** Told of every answer, for the metrics. `code` is undefined for a success. */
  readonly onAnswer?: (answered: { action: string | undefined; code: string | undefined; ms: number }) => void
}

/** Every call of the public API: what is sent to `/` by GET and POST. Below the router, which would take a tenth of the time of a call. */
export interface ApiRequests {
  /** Requests that arrived whole and are not answered yet. */
  readonly running: number
  takes(request: IncomingMessage): boolean
  /** Answers it, whatever happens. */
  answer(request: IncomingMessage, response: ServerResponse): void
  /** Who waits gets what is there now, from now on too. Idempotent. */
  close(): void
}

export function createApiRequests(parts: ApiRequestsParts): ApiRequests {
  const { pipeline, admission, renderer, clientErrors, audit, log, isTrustedProxy, isDraining, onAnswer } = parts
  const callerOf = callerAddress(isTrustedProxy)
  const turnEnd = createTurnEnd()
  const running = new Set<CallerGone>()
  let closing = false

  const callAction = async (
    request: IncomingMessage,
    { requestId, secure, gone }: { requestId: RequestId; secure: boolean; gone: CallerGone },
  ): Promise<Answer<string | Buffer>> => {
    const address = callerOf(request)
    const arriving = readBody(request, MAX_BODY_BYTES)
    const body = arriving && (await arriving)
    // From here on it is our time, and not that of a caller who sends slowly.
    const began = performance.now()
    if (closing) gone.abort()
    running.add(gone)
    const answered = await pipeline({
      requestId,
      method: request.method ?? '',
      query: requestTarget(request.url).query,
      body,
      contentType: request.headers['content-type'],
      address: address === '' ? undefined : address,
      secure,
      headers: headersOf(request),
      gone,
    })
    running.delete(gone)
    await audit?.answered(answered, { requestId, address, ms: Math.round(performance.now() - began) })
    const ms = Math.round(performance.now() - began)
    logAnswered(log, answered, { requestId, ms, address })
    onAnswer?.({ action: answered.action, code: answered.error?.code, ms })
    return answered.answer
  }

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const requestId = newRequestId()
    const secure = isHttps(request, isTrustedProxy)
    const send = ({ status, headers, body }: Answer<string | Buffer>) => {
      const all = { ...headers, 'content-length': Buffer.byteLength(body) }
      const ends = isDraining() && { connection: 'close' }
      response.writeHead(status, secure || ends ? { ...all, ...(secure && STRICT_TRANSPORT), ...ends } : all).end(body)
    }
    clientErrors.began({ requestId, request, response })
    const leave = admission.enter(request.headers, MAX_BODY_BYTES)
    if (leave instanceof PosternError) {
      onAnswer?.({ action: undefined, code: leave.code, ms: 0 })
      return send(renderer.failure(leave, { requestId, format: 'JSON' }))
    }
    const gone = new CallerGone()
    response.once('close', () => {
      leave()
      // Not after the answer: nobody listens then, and the error of it costs more than reading a task.
      if (running.delete(gone)) gone.abort()
    })
    try {
      const answer = await callAction(request, { requestId, secure, gone })
      await turnEnd()
      send(answer)
    } catch (cause) {
      running.delete(gone)
      const error = toPosternError(cause)
      logAnswered(log, { error }, { requestId })
      send(renderer.failure(error, { requestId, format: 'JSON' }))
    }
  }

  return {
    get running() {
      return running.size
    },
    takes: ({ method, url }) => (method === 'GET' || method === 'POST') && requestTarget(url).path === '/',
    answer: (request, response) =>
      void serve(request, response).catch((error: unknown) => {
        log.error({ err: error }, 'a request could not be answered')
        response.destroy()
      }),
    close() {
      closing = true
      for (const gone of running) gone.abort()
    },
  }
}

export function logAnswered(
  log: Log,
  { error, action, principal }: Omit<Answered, 'answer'>,
  about: { readonly requestId: RequestId; readonly ms?: number; readonly address?: string },
): void {
  const line = { ...about, action, principal: principal?.id, key: principal?.key, code: error?.code }
  if (error === undefined) log.debug(line, 'answered')
  else if (error.status >= 500) log.error({ ...line, err: error.cause ?? error }, 'failed')
  else log.info(line, 'refused')
}

export const newRequestId = () => toRequestId(randomUUID().toUpperCase())

/** All of them: the parsed ones have one value of each name. */
function headersOf({ rawHeaders }: IncomingMessage): SentHeaders {
  const headers: (readonly [string, string])[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) headers.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? ''])
  return headers
}
