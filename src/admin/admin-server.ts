import { chmodSync, lstatSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Log } from '../base/log.ts'
import { http } from '../base/node-http.ts'
import { PosternError } from '../model/errors.ts'
import { MAX_REQUEST_BYTES } from './admin-socket.ts'
import type { AdminServices } from './operation.ts'
import { OPERATIONS } from './operations.ts'
import { runOperation } from './run-operation.ts'

const MAX_CONNECTIONS = 16
const REQUEST_MS = 10_000
const PRIVATE = 0o600

/**
 * Answers the operator on a socket that the owner of the store's folder alone can reach, which is why nothing is signed.
 * Whoever calls it holds the lock of the store: a socket that is there already is of a process that was killed.
 */
export async function startAdminServer(parts: {
  path: string
  services: AdminServices
  log: Log
}): Promise<AsyncDisposable> {
  const { path, services, log } = parts
  const running = new Map<AbortController, Promise<void>>()

  const answer = async (request: IncomingMessage, response: ServerResponse, signal: AbortSignal) => {
    const began = performance.now()
    const name = (request.url ?? '').slice(1, 64)
    const line = () => ({ operation: name, ms: Math.round(performance.now() - began) })
    try {
      if (request.method !== 'POST') throw new PosternError('UnsupportedHTTPMethod', { message: 'Use POST.' })
      const operation = OPERATIONS.find((one) => one.name === name)
      if (operation === undefined) throw new PosternError('InvalidAction.NotFound', { reason: `Operation: ${name}.` })
      const reply = await runOperation(operation, { params: await readJson(request), services, signal })
      send(response, 200, reply)
      log.info(line(), 'the operator asked')
    } catch (cause) {
      const error = cause instanceof PosternError ? cause : new PosternError('InternalError', { cause })
      if (error.status >= 500) log.error({ ...line(), err: error.cause ?? error }, 'the operator asked, and it failed')
      else log.info({ ...line(), code: error.code }, 'the operator asked, and was refused')
      send(response, error.status, { Code: error.entry, Message: error.message })
    }
  }
  const server = http.createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (request, response) => {
    const controller = new AbortController()
    response.once('close', () => controller.abort())
    const end = answer(request, response, controller.signal).finally(() => running.delete(controller))
    running.set(controller, end)
  })
  server.maxConnections = MAX_CONNECTIONS
  server.keepAliveTimeout = 1

  removeStale(path)
  await listenPrivately(server, path)
  return {
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const controller of running.keys()) controller.abort()
      await Promise.all(running.values())
      server.closeAllConnections()
      await closed
      rmSync(path, { force: true })
    },
  }
}

function removeStale(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) {
    const message = `${path} is in the way: it is not a socket. The server makes one of that name; move the file.`
    throw new PosternError('InvalidParameter', { message })
  }
  rmSync(path, { force: true })
}

/** Private from its first moment: the folder may be open to others. */
function listenPrivately(server: ReturnType<typeof http.createServer>, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    const before = process.umask(0o177)
    try {
      server.listen(path, () => {
        server.off('error', reject)
        chmodSync(path, PRIVATE)
        resolve()
      })
    } finally {
      process.umask(before)
    }
  })
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request) {
    if (!Buffer.isBuffer(part)) break
    length += part.length
    if (length > MAX_REQUEST_BYTES) {
      throw new PosternError('RequestTooLarge', { values: { what: `its body is over ${MAX_REQUEST_BYTES} bytes` } })
    }
    parts.push(part)
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'))
  } catch (cause) {
    throw new PosternError('InvalidParameter', { reason: 'The body is not JSON.', cause })
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  if (response.destroyed || response.headersSent) return
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' })
  response.end(JSON.stringify(body))
}
