import { request } from 'node:http'
import { z } from 'zod'
import { isErrorCode, PosternError } from '../model/errors.ts'
import { MAX_REPLY_BYTES } from './admin-socket.ts'
import type { Operation } from './operation.ts'

/** Beyond the deadline of the operation itself, which the server keeps. */
const GRACE_MS = 5_000
const NOBODY_LISTENS = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'])

const failure = z.object({ Code: z.string(), Message: z.string() })

/**
 * Asks the server that listens on the socket. Undefined where nobody listens, so that nothing was done.
 * Throws the PosternError that the server answered; the work ends when the signal aborts.
 */
export async function callAdmin<P, R>(
  operation: Operation<P, R>,
  call: { readonly path: string; readonly params: P; readonly signal: AbortSignal },
): Promise<{ readonly reply: R } | undefined> {
  const { path, params } = call
  const signal = AbortSignal.any([call.signal, AbortSignal.timeout(operation.deadlineMs + GRACE_MS)])
  const answer = await post({ path, name: operation.name, body: JSON.stringify(params), signal })
  if (answer === undefined) return undefined
  const body: unknown = JSON.parse(answer.text)
  if (answer.status === 200) return { reply: operation.reply.parse(body) }
  const { Code, Message } = failure.parse(body)
  throw isErrorCode(Code) ? new PosternError(Code, { message: Message }) : new Error(`${Code}: ${Message}`)
}

interface Post {
  readonly path: string
  readonly name: string
  readonly body: string
  readonly signal: AbortSignal
}

function post({ path, name, body, signal }: Post): Promise<{ status: number; text: string } | undefined> {
  return new Promise((resolve, reject) => {
    let connected = false
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const sent = request({ socketPath: path, path: `/${name}`, method: 'POST', headers, signal, agent: false })
    sent.once('socket', (socket) => socket.once('connect', () => (connected = true)))
    sent.once('error', (error: NodeJS.ErrnoException) => {
      // Once it was sent, it may have been done: then it is not for another try.
      if (!connected && NOBODY_LISTENS.has(error.code ?? '')) return resolve(undefined)
      const why = connected ? 'The server ended the connection before it answered' : `${path} cannot be reached`
      reject(new PosternError('ServiceUnavailable', { message: `${why}: ${error.message}`, cause: error }))
    })
    sent.once('response', (response) => {
      const parts: Buffer[] = []
      let length = 0
      response.on('data', (part: Buffer) => {
        length += part.length
        if (length > MAX_REPLY_BYTES) sent.destroy(new Error('the answer is too long'))
        else parts.push(part)
      })
      response.once('error', reject)
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }),
      )
    })
    sent.end(body)
  })
}
