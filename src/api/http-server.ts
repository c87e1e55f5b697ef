import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'

/** A query over its own limit must get as far as our own answer. */
export const MAX_HEADER_BYTES = 160 * 1024
const HEADERS_TIMEOUT_MS = 15_000
const REQUEST_TIMEOUT_MS = 30_000
/** Above the idle time-out of the usual load balancers, so that they close first. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000
const CONNECTION_CHECK_MS = 5_000
const MAX_CONNECTIONS = 20_000
const OLDEST_TLS = { minVersion: 'TLSv1.2' } as const

/** PEM texts that fit each other. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

export interface HttpServerOptions {
  readonly tls?: Certificate
  /** Beyond them a connection is closed at once. */
  readonly maxConnections?: number
  readonly log: Log
}

export function createServer(handler: RequestListener, { tls, maxConnections, log }: HttpServerOptions): Server {
  const settings = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: CONNECTION_CHECK_MS,
    // A missing Host and an unknown Expect would be answered without our shape; neither is needed.
    requireHostHeader: false,
  }
  const server =
    tls === undefined
      ? createHttpServer(settings, handler)
      : createHttpsServer({ ...settings, ...OLDEST_TLS, ...tls }, handler)
  server.maxConnections = maxConnections ?? MAX_CONNECTIONS
  server.on('checkExpectation', handler)
  server.on('tlsClientError', (error) => log.debug({ err: error }, 'TLS handshake failed'))
  return server
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
    server.listen({ host, port }, () => {
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
