import { isIP, type LookupFunction, type Socket, connect as connectTcp } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { http } from '../base/node-http.ts'
import { hostAndPort } from '../model/host.ts'
import type { ServerPin } from '../model/ids.ts'
import { bare, portOf, type Proxy, proxyFor, type ProxyVariables } from './proxy.ts'
import { checkServerKey } from './server-pin.ts'

const CONNECT_MS = 10_000
const MAX_PROXY_HEAD_BYTES = 16 * 1024

/** How a server is reached: everything that dials it goes through here. */
export interface Route {
  /** Undefined: directly. */
  readonly proxies?: ProxyVariables
  /** PEM of all authorities to trust, for the proxy too. Undefined: those of the process. */
  readonly ca?: readonly string[]
  /** The server is known by its key alone, not by authority, name and dates; a proxy is verified as ever. Undefined: neither is. */
  readonly pin?: ServerPin
  /** Asked anew for each connection. Undefined: the system's resolver. */
  readonly lookup?: LookupFunction
  /** For all of one connection: name, TCP, proxy and TLS. */
  readonly connectMs?: number
}

/** The route to a server whose pin is kept somewhere; `where`, for people. Throws where the option named another one. */
export function withPin(route: Route, pin: ServerPin | undefined, where: string): Route {
  if (pin === undefined) return route
  if (route.pin !== undefined && route.pin !== pin) {
    throw new Error(
      `the given fingerprint of the server is sha256:${route.pin}, and ${where} has sha256:${pin}; leave out the given one, or enrol anew`,
    )
  }
  return { ...route, pin }
}

type Destination = Pick<Proxy, 'secure' | 'host' | 'port'> & { readonly pin?: ServerPin }

const destinationOf = (server: URL, { pin }: Route): Destination => ({
  secure: server.protocol === 'https:',
  host: bare(server.hostname),
  port: portOf(server),
  ...(pin !== undefined && { pin }),
})

/**
 * A connection that is ready for the first request, TLS and its check included: nothing was sent to a server that did not
 * pass it. Rejects at the deadline, with the signal, and with ServerKeyMismatch.
 */
export async function connectTo(server: URL, route: Route, signal: AbortSignal): Promise<Duplex> {
  const to = destinationOf(server, route)
  if (route.pin !== undefined && !to.secure) {
    throw new Error(`the server is pinned to its key, and ${server.origin} is without TLS; use https`)
  }
  const ms = route.connectMs ?? CONNECT_MS
  const proxy = route.proxies && proxyFor(server, route.proxies)
  const deadline = AbortSignal.timeout(ms)
  const either = AbortSignal.any([signal, deadline])
  let whom = 'the server'
  try {
    if (proxy === undefined) return await direct(to, route, either)
    whom = `the proxy ${proxy.name}`
    const tunnel = await tunnelTo(server, { proxy, route, signal: either })
    whom = `the server behind the proxy ${proxy.name}`
    return to.secure ? await secure(to, { socket: tunnel, route, signal: either }) : tunnel
  } catch (error) {
    if (deadline.aborted && !signal.aborted) {
      throw new Error(`${whom} gave no answer within ${ms / 1000} s`, { cause: error })
    }
    throw error
  }
}

/** The name is resolved here, so what moved is found by the next connection. */
function direct(to: Destination, route: Route, signal: AbortSignal): Promise<Duplex> {
  const { host, port } = to
  const tcp = { host, port, ...(route.lookup && { lookup: route.lookup }) }
  return to.secure
    ? openedTls(connectTls({ ...tcp, ...tlsOptions(to, route) }), to, signal)
    : opened(connectTcp(tcp), 'connect', signal)
}

function secure(to: Destination, parts: { socket: Duplex; route: Route; signal: AbortSignal }): Promise<Duplex> {
  const socket = connectTls({ socket: parts.socket, host: to.host, ...tlsOptions(to, parts.route) })
  return openedTls(socket, to, parts.signal).catch((error: unknown) => {
    parts.socket.destroy()
    throw error
  })
}

const tlsOptions = ({ host, pin }: Destination, { ca }: Route): ConnectionOptions => ({
  ALPNProtocols: ['http/1.1'],
  // The handshake proves the key, and the key is compared before anything is sent.
  ...(pin !== undefined && { rejectUnauthorized: false }),
  ...(isIP(host) === 0 && { servername: host }),
  ...(ca !== undefined && { ca: [...ca] }),
})

async function openedTls(socket: TLSSocket, { host, port, pin }: Destination, signal: AbortSignal): Promise<Duplex> {
  await opened(socket, 'secureConnect', signal)
  if (pin === undefined) return socket
  try {
    checkServerKey(socket, pin, hostAndPort(host, port))
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
}

function opened(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      signal.removeEventListener('abort', abort)
      socket.off('error', fail).off('close', cut).off(event, done)
      finish()
    }
    const fail = (error: Error) => {
      socket.destroy()
      settle(() => reject(error))
    }
    const abort = () => fail(new Error('it took too long'))
    const cut = () => fail(new Error('the connection was closed before it was ready'))
    const done = () =>
      settle(() => {
        // Until its user listens, an error must not end the process.
        socket.on('error', () => socket.destroy())
        resolve(socket)
      })
    socket.once('error', fail).once('close', cut).once(event, done)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}

/** Asks the proxy for a connection to the server. Only the proxy learns its credentials, and only it resolves the server's name. */
async function tunnelTo(server: URL, parts: { proxy: Proxy; route: Route; signal: AbortSignal }): Promise<Duplex> {
  const { proxy, route, signal } = parts
  const target = hostAndPort(bare(server.hostname), portOf(server))
  const failed = (why: string, cause?: unknown) => new Error(`the proxy ${proxy.name} ${why}`, { cause })
  const unusable = (error: unknown) =>
    failed(`cannot be used: ${(error instanceof Error && (error.message || error.name)) || String(error)}`, error)
  const connection = await direct(proxy, route, signal).catch((error: unknown) => {
    throw unusable(error)
  })
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>()
  const request = http.request({
    createConnection: () => connection,
    method: 'CONNECT',
    path: target,
    headers: { host: target, ...(proxy.authorization && { 'proxy-authorization': proxy.authorization }) },
    maxHeaderSize: MAX_PROXY_HEAD_BYTES,
    signal,
  })
  request.once('connect', ({ statusCode = 0 }, socket, head) => {
    if (statusCode < 200 || statusCode > 299) {
      return reject(failed(`answered ${statusCode}: ${meaning(statusCode, target)}`))
    }
    if (head.length > 0) socket.unshift(head)
    resolve(connection)
  })
  request.on('error', (error) => reject(unusable(error)))
  request.end()
  return promise.catch((error: unknown) => {
    connection.destroy()
    throw error
  })
}

function meaning(status: number, target: string): string {
  if (status === 407) return 'user or password is missing or wrong'
  if (status === 401 || status === 403) return `it does not allow a connection to ${target}`
  return `it gives no connection to ${target}`
}
