import { request as requestHttps } from 'node:https'
import { http } from '../base/node-http.ts'
import { connectTo, type Route } from './route.ts'

export interface PostOptions {
  readonly contentType: string
  readonly body: string
  /** A longer answer is an error. */
  readonly maxReplyBytes: number
  readonly route: Route
  readonly signal: AbortSignal
}

export interface Reply {
  readonly status: number
  readonly text: string
}

/** One POST on a connection of its own; redirects are not followed. Rejects with the error of the network, or the signal's reason. */
export async function post(url: URL, options: PostOptions): Promise<Reply> {
  const { contentType, body, maxReplyBytes, route, signal } = options
  const connection = await connectTo(url, route, signal)
  const request = url.protocol === 'https:' ? requestHttps : http.request
  const headers = { host: url.host, 'content-type': contentType, 'content-length': Buffer.byteLength(body) }
  const { promise, resolve, reject } = Promise.withResolvers<Reply>()
  const sent = request(url, { method: 'POST', createConnection: () => connection, headers, signal }, (response) => {
    const chunks: Buffer[] = []
    let bytes = 0
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > maxReplyBytes) response.destroy(new Error('the answer is too long'))
      else chunks.push(chunk)
    })
    response.on('error', reject)
    response.on('end', () => {
      resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') })
    })
  })
  sent.on('error', (error) => reject(signal.aborted ? new Error('it took too long', { cause: error }) : error))
  sent.end(body)
  return promise.finally(() => connection.destroy())
}
