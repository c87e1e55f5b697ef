import { PosternError } from '../model/errors.ts'
import type { ConnectOptions, Endpoint } from './engine.ts'
import { Wire } from './wire.ts'

/**
 * A port with TLS closes a connection that begins in clear without a word. Where that has happened, a second connection tries
 * the handshake: whatever certificate comes then, TLS is what the server wants. Never rejects.
 */
export async function explainClosing(error: unknown, at: { endpoint: Endpoint; options: ConnectOptions }) {
  const { endpoint, options } = at
  const closed = error instanceof PosternError && error.entry === 'Endpoint.ConnectionReset'
  if (!closed || endpoint.tls.mode !== 'off') return error
  let wire: Wire | undefined
  try {
    const connectMs = Math.min(2000, options.connectMs / 2)
    wire = await Wire.dial({ ...endpoint, tls: { mode: 'verify' } }, { ...options, connectMs, onStep: () => {} })
    await wire.secure()
  } catch (failure) {
    if (!(failure instanceof PosternError) || failure.entry !== 'Endpoint.TlsUntrusted') return error
  } finally {
    wire?.close()
  }
  return new PosternError('Endpoint.TlsRequired', { cause: error })
}
