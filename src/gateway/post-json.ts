import { request as requestHttp, Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { isLoopbackHost } from './server-url.ts'

const MAX_REPLY_BYTES = 64 * 1024

export interface JsonReply {
  readonly status: number
  /** Undefined where the body is not JSON. */
  readonly body: unknown
}

/**
 * One POST on a connection of its own; redirects are not followed. Honours HTTPS_PROXY and NO_PROXY, but never for loopback.
 * Rejects with the error of the network, or the signal's reason.
 */
export function postJson(
  url: URL,
  body: unknown,
  options: { readonly signal: AbortSignal; readonly ca?: string },
): Promise<JsonReply> {
  const text = JSON.stringify(body)
  const proxy = isLoopbackHost(url.hostname) ? {} : { proxyEnv: process.env }
  const secure = url.protocol === 'https:'
  const agent = secure
    ? new HttpsAgent({ ...proxy, keepAlive: false, ...(options.ca !== undefined && { ca: options.ca }) })
    : new HttpAgent({ ...proxy, keepAlive: false })
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
  return new Promise<JsonReply>((resolve, reject) => {
    const request = secure ? requestHttps : requestHttp
    const sent = request(url, { method: 'POST', agent, headers, signal: options.signal }, (response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > MAX_REPLY_BYTES) response.destroy(new Error('the answer is too long'))
        else chunks.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: parseJson(Buffer.concat(chunks).toString('utf8')) })
      })
    })
    sent.on('error', (error) =>
      reject(options.signal.aborted ? new Error('it took too long', { cause: error }) : error),
    )
    sent.end(text)
  }).finally(() => agent.destroy())
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
