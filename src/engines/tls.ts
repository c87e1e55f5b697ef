import { isIP, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { checkServerIdentity, connect, type PeerCertificate, type TLSSocket } from 'node:tls'
import { PosternError } from '../model/errors.ts'
import type { Endpoint } from './engine.ts'

/** What a protocol wants of its TLS beside the usual. */
export interface TlsManner {
  /** Carries the handshake in messages of the protocol; without it TLS runs on the connection itself. */
  readonly through?: (raw: Socket) => Duplex
  readonly maxVersion?: 'TLSv1.2'
  readonly ALPNProtocols?: string[]
}

/**
 * A TLS handshake over a connected socket. Resolves only when the chain is trusted and the certificate is made for the name;
 * before that not a byte of the login has been sent. `created` gets the socket at once, so that the caller can end it.
 */
export function secureSocket(
  raw: Socket,
  endpoint: Endpoint,
  { created, through, ...manner }: TlsManner & { readonly created: (socket: TLSSocket) => void },
): Promise<TLSSocket> {
  if (endpoint.tls.mode === 'off') throw new PosternError('Internal', { reason: 'TLS is off for this endpoint.' })
  const { ca, serverName, client } = endpoint.tls
  const name = serverName ?? endpoint.host
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>()
  let certificate: PeerCertificate | undefined
  const socket = connect({
    socket: through?.(raw) ?? raw,
    ...manner,
    ...(ca === undefined ? {} : { ca }),
    ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
    rejectUnauthorized: true,
    // An IP address is no server name indication; the empty text switches it off.
    servername: isIP(name) === 0 ? name : '',
    checkServerIdentity: (_hostname, presented) => {
      certificate = presented
      return checkServerIdentity(name, presented)
    },
  })
  created(socket)
  // Runs before Node ends an untrusted connection: the last moment to see whose certificate it was. Only the message needs it.
  socket.prependOnceListener('secure', () => {
    certificate = socket.getPeerCertificate()
  })
  socket.once('error', (error: Error & { code?: unknown }) => reject(tlsError(error, certificate, endpoint)))
  socket.once('close', () => reject(tlsError(undefined, certificate, endpoint)))
  socket.once('secureConnect', () => resolve(socket))
  return promise
}

function tlsError(
  error: (Error & { code?: unknown }) | undefined,
  certificate: PeerCertificate | undefined,
  endpoint: Endpoint,
) {
  const code = typeof error?.code === 'string' ? error.code : undefined
  const where = `${endpoint.address} port ${endpoint.port}`
  if (error === undefined || code === 'ECONNRESET' || code === 'EPIPE')
    return new PosternError('Endpoint.ConnectionReset', {
      reason: `Step tls, ${where}: closed during the TLS handshake.`,
      cause: error,
    })
  const refused = clientCertificateRefused(error, endpoint)
  if (refused !== undefined) return refused
  // A certificate that was seen means that the handshake came as far as judging it.
  if (certificate !== undefined && Object.keys(certificate).length > 0)
    return new PosternError('Endpoint.TlsUntrusted', {
      reason: `Its subject is "${nameOf(certificate.subject)}", issued by "${nameOf(certificate.issuer)}": ${bounded(error.message)}${code === undefined ? '' : ` (${code})`}.`,
      // The error of a wrong name carries the whole certificate; the message says enough.
      cause: new Error(bounded(error.message)),
    })
  return new PosternError('Endpoint.TlsRefused', {
    message: 'The TLS handshake failed.',
    reason: `Step tls, ${where}: ${bounded(error.message)}.${mayWantCertificate(code, endpoint)}`,
    cause: error,
  })
}

/** Alerts by which a server says that it wants another certificate of ours, or one at all (RFC 8446, 6.2), in OpenSSL's names. */
const CLIENT_CERTIFICATE_ALERT =
  /^ERR_SSL_[\w/]*ALERT_(BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_(REVOKED|EXPIRED|UNKNOWN|REQUIRED)|UNKNOWN_CA|ACCESS_DENIED)$/

/**
 * Undefined where the error says something else. With TLS 1.3 it comes when the handshake is over for us: then it ends the
 * connection in the middle of the login.
 */
export function clientCertificateRefused(cause: unknown, { tls }: Endpoint): PosternError | undefined {
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  const alert = CLIENT_CERTIFICATE_ALERT.exec(code)?.[1]?.toLowerCase().replaceAll('_', ' ')
  if (alert === undefined) return undefined
  const shown = tls.mode === 'verify' && tls.client !== undefined
  const why = shown
    ? 'The server does not accept the client certificate of the endpoint'
    : 'The server wants a client certificate: set `tls.clientCertFile` and `tls.clientKeyFile` of the endpoint'
  return new PosternError('Database.AuthenticationFailed', { reason: `${why} (TLS alert: ${alert}).` })
}

/** With TLS 1.2 many servers have only this one alert for a certificate that is missing, and for ciphers that nobody shares. */
function mayWantCertificate(code: string | undefined, { tls }: Endpoint): string {
  const shown = tls.mode === 'verify' && tls.client !== undefined
  if (shown || code?.endsWith('ALERT_HANDSHAKE_FAILURE') !== true) return ''
  return ' Where the server wants a client certificate, set `tls.clientCertFile` and `tls.clientKeyFile` of the endpoint.'
}

function nameOf(name: unknown): string {
  if (typeof name !== 'object' || name === null) return 'nobody'
  return bounded(
    Object.entries(name)
      .map(([key, value]) => `${key}=${String(value)}`)
      .join(', '),
  )
}

const bounded = (text: string) => (text.length > 300 ? `${text.slice(0, 300)}…` : text)
