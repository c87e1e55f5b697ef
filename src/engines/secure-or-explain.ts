import { PosternError } from '../model/errors.ts'
import type { ConnectOptions, Endpoint } from './engine.ts'
import { Wire } from './wire.ts'
import { wrongProtocol } from './wrong-protocol.ts'

const TLS_ALERT = 0x15

/** What makes a server of the engine speak in clear; it carries no secret. */
export interface ClearQuestion {
  readonly question: Uint8Array
  /** True for the first bytes that such a server answers. */
  isAnswer(heard: Buffer): boolean
}

/**
 * Such a port has TLS from the first byte or not at all, and without it says nothing to a handshake, for ever. So where the handshake
 * is not answered soon, or with something else, a second connection asks in clear what is there. It carries no secret.
 */
export async function secureOrExplain(wire: Wire, options: ConnectOptions, inClear: ClearQuestion): Promise<void> {
  const over = new AbortController()
  const asked = { ...options, signal: AbortSignal.any([options.signal, over.signal]) }
  let explained: PosternError | undefined
  const explain = async () => {
    explained ??= await askInClear(wire.endpoint, asked, inClear)
    return explained
  }
  const failEarly = async () => {
    const error = await explain()
    if (error !== undefined && !over.signal.aborted) wire.fail(error)
  }
  const timer = setTimeout(() => void failEarly(), Math.min(1000, options.connectMs / 4))
  try {
    await wire.secure()
  } catch (error) {
    const refused = error instanceof PosternError && error.entry === 'Endpoint.TlsRefused'
    throw refused ? ((await explain()) ?? error) : error
  } finally {
    clearTimeout(timer)
    over.abort()
  }
}

/** Why TLS cannot be had there; undefined where the answer does not tell. Never rejects. */
async function askInClear(
  endpoint: Endpoint,
  options: ConnectOptions,
  inClear: ClearQuestion,
): Promise<PosternError | undefined> {
  const connectMs = Math.min(2000, options.connectMs / 2)
  let wire: Wire | undefined
  try {
    wire = await Wire.dial(endpoint, { ...options, connectMs, onStep: () => {} })
    wire.write(inClear.question)
    const heard = await wire.hear(1)
    if (heard[0] === TLS_ALERT) return undefined
    return inClear.isAnswer(heard) ? new PosternError('Endpoint.TlsRefused') : wrongProtocol(heard)
  } catch {
    return undefined
  } finally {
    wire?.close()
  }
}
