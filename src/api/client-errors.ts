import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import type { Clock } from '../base/clock.ts'
import { http } from '../base/node-http.ts'
import { PosternError } from '../model/errors.ts'
import type { RequestId } from '../model/ids.ts'
import type { Answer } from './render.ts'
import { STRICT_TRANSPORT } from './strict-transport.ts'

/** Long enough for a caller that is still sending to read the answer, before the connection is cut. */
const LINGER_MS = 1_000

/** What a connection is busy with. */
interface Exchange {
  readonly requestId: RequestId
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** Answers what never becomes a request for the router: it cannot be read as HTTP, is too large, or does not arrive. */
export interface ClientErrors {
  /** Call for each request that reaches the router. */
  began(exchange: Exchange): void
  /** For the server's `clientError`. */
  handle(error: Error, socket: Duplex): void
}

export function createClientErrors(parts: {
  clock: Clock
  maxHeaderBytes: number
  newRequestId: () => RequestId
  answer: (error: PosternError, requestId: RequestId) => Answer
}): ClientErrors {
  const { clock, maxHeaderBytes, newRequestId, answer } = parts
  const busy = new WeakMap<Duplex, Exchange>()
  const ended = new WeakSet<Duplex>()

  return {
    began: (exchange) => void busy.set(exchange.request.socket, exchange),
    handle(error, socket) {
      // The rest of what is being sent is still read for a moment, and is no new error.
      if (ended.has(socket)) return
      ended.add(socket)
      if (!socket.writable || codeOf(error) === 'ECONNRESET') {
        socket.destroy()
        return
      }

      const exchange = busy.get(socket)
      const open = exchange !== undefined && !exchange.response.writableEnded
      if (open && exchange.request.complete) {
        // The request before this one is fine and gets its answer; then the connection ends.
        exchange.response.shouldKeepAlive = false
        return
      }
      if (open && exchange.response.headersSent) {
        socket.destroy()
        return
      }
      const requestId = open ? exchange.requestId : newRequestId()
      socket.end(asText(answer(toRequestError(error, maxHeaderBytes), requestId), socket instanceof TLSSocket))
      socket.resume()
      const linger = clock.after(LINGER_MS, () => socket.destroy())
      socket.once('close', () => linger.cancel())
    },
  }
}

function toRequestError(error: Error, maxHeaderBytes: number): PosternError {
  const code = codeOf(error)
  if (code === 'HPE_HEADER_OVERFLOW') {
    const what = `its first line and headers have more than ${maxHeaderBytes / 1024} KiB`
    return new PosternError('RequestTooLarge', { values: { what }, cause: error })
  }
  if (code === 'HPE_INVALID_METHOD') return new PosternError('UnsupportedHTTPMethod', { cause: error })
  const reason =
    code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? 'The request did not arrive whole in time.'
      : `The request cannot be read as HTTP (${code ?? 'unknown reason'}).`
  return new PosternError('InvalidParameter', { reason, cause: error })
}

function asText({ status, headers, body }: Answer, secure: boolean): string {
  const all = {
    ...headers,
    ...(secure && STRICT_TRANSPORT),
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`
}

const codeOf = (error: Error) => ('code' in error && typeof error.code === 'string' ? error.code : undefined)
