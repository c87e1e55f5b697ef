import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { http } from '../base/node-http.ts'

/** A query over its own limit must get as far as our own answer. */
export const MAX_HEADER_BYTES = 160 * 1024
const DEADLINES: RequestDeadlines = { headersMs: 15_000, requestMs: 30_000, checkMs: 5_000, unreadMs: 30_000 }
/** What a reader must manage at least, beyond `unreadMs`. */
const UNREAD_BYTES_PER_MS = 16
/** Above the idle time-out of the usual load balancers, so that they close first. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000
const MAX_CONNECTIONS = 20_000
/**
 * Connections that wait to be taken; the system may have a lower limit of its own. What does not fit is dropped after its
 * caller believes to be connected, and waits for seconds: with the usual 511 that met thousands of gateways after a restart.
 */
const BACKLOG = 4_096
const OLDEST_TLS = { minVersion: 'TLSv1.2' } as const

/** PEM texts that fit each other. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** Milliseconds. */
export interface RequestDeadlines {
  /** From the first byte, or from the connection, to the end of the headers. */
  readonly headersMs: number
  /** To the end of the body. */
  readonly requestMs: number
  /** How often they are looked at. */
  readonly checkMs: number
  /** For a part of an answer to be read, and for the whole besides what it gets for its length. */
  readonly unreadMs: number
}

export interface HttpServerOptions {
  readonly tls?: Certificate
  readonly deadlines?: RequestDeadlines
  /** The one path that may become a WebSocket; elsewhere the wish to upgrade is ignored, as HTTP has it. */
  readonly upgradePath?: string
  /** Beyond them a connection is closed at once. */
  readonly maxConnections?: number
  readonly log: Log
}

export function createServer(handler: RequestListener, options: HttpServerOptions): Server {
  const { tls, maxConnections, log, upgradePath, deadlines = DEADLINES } = options
  const settings = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: deadlines.headersMs,
    requestTimeout: deadlines.requestMs,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: deadlines.checkMs,
    shouldUpgradeCallback: ({ url }: IncomingMessage) => url?.split('?', 1)[0] === upgradePath,
    // A missing Host and an unknown Expect would be answered without our shape; neither is needed.
    requireHostHeader: false,
  }
  const server =
    tls === undefined
      ? http.createServer(settings, handler)
      : createHttpsServer({ ...settings, ...OLDEST_TLS, ...tls }, handler)
  server.maxConnections = maxConnections ?? MAX_CONNECTIONS
  server.on('checkExpectation', handler)
  // First: a handler may answer at once.
  const watch = watchUnread(deadlines.unreadMs)
  server.prependListener('request', (_request, response) => response.once('prefinish', () => watch(response)))
  server.on('tlsClientError', (error) => log.debug({ err: error }, 'TLS handshake failed'))
  return server
}

/**
 * An answer that its caller does not read would stay in memory as long as the connection. Looked at when the turn ends that
 * gave it: most have left this process by then, and need no timers.
 */
function watchUnread(unreadMs: number): (response: ServerResponse) => void {
  let answered: ServerResponse[] = []
  const look = () => {
    const all = answered
    answered = []
    for (const response of all) if (!response.writableFinished) cutUnread(response, unreadMs)
  }
  return (response) => {
    if (answered.push(response) === 1) setImmediate(look)
  }
}

function cutUnread(response: ServerResponse, unreadMs: number): void {
  // Cuts one of which nothing more is read; the time starts anew with each part that is.
  response.socket?.setTimeout(unreadMs)
  const cut = setTimeout(() => response.socket?.destroy(), unreadMs + response.writableLength / UNREAD_BYTES_PER_MS)
  cut.unref()
  response.once('close', () => clearTimeout(cut))
}

/** For connections from now on. Throws where the server has no TLS or the two do not fit: then nothing has changed. */
export function replaceCertificate(server: Server, certificate: Certificate): void {
  if (!(server instanceof HttpsServer)) throw new Error('The server has no TLS.')
  server.setSecureContext({ ...OLDEST_TLS, ...certificate })
}

/** Rejects where the port is taken or may not be used. */
export function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off('error', reject)
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('The server has no port.'))
      else resolve(address)
    })
  })
}

/** Takes no new connection, waits for those that are busy, and cuts them after `graceMs`; upgraded ones are left to their owner. */
export async function endConnections(server: Server, clock: Clock, graceMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const cut = clock.after(graceMs, () => {
      server.closeAllConnections()
      // Upgraded connections are not the server's to end.
      resolve()
    })
    server.close(() => {
      cut.cancel()
      resolve()
    })
    server.closeIdleConnections()
  })
}
