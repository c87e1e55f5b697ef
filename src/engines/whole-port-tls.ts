import { PosternError } from '../model/errors.ts'
import type { ConnectOptions, Endpoint } from './engine.ts'
import { Wire } from './wire.ts'
import { wrongProtocol } from './wrong-protocol.ts'

const TLS_ALERT = 0x15
/** How a handshake ends where TLS is not spoken: with other words, or with the connection. */
const UNANSWERED: ReadonlySet<string> = new Set(['Endpoint.TlsRefused', 'Endpoint.ConnectionReset'])

/** What an engine asks a server in clear, without a secret, and how its own kind begins the answer. */
export interface ClearQuestion {
  readonly bytes: Buffer
  readonly isAnswer: (heard: Buffer) => boolean
}

/**
 * For engines with TLS from the first byte or not at all. Redis without it says nothing to a handshake, for ever, and MongoDB
 * closes. So where the handshake is not answered soon, or with something else, a second connection asks in clear what is there.
 */
export async function secureOrExplain(wire: Wire, options: ConnectOptions, question: ClearQuestion): Promise<void> {
  const over = new AbortController()
  const asked = { ...options, signal: AbortSignal.any([options.signal, over.signal]) }
  let explained: PosternError | undefined
  const explain = async () => {
    explained ??= await askInClear(wire.endpoint, asked, question)
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
    const refused = error instanceof PosternError && UNANSWERED.has(error.entry)
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
  question: ClearQuestion,
): Promise<PosternError | undefined> {
  const connectMs = Math.min(2000, options.connectMs / 2)
  let wire: Wire | undefined
  try {
    wire = await Wire.dial(endpoint, { ...options, connectMs, onStep: () => {} })
    wire.write(question.bytes)
    const heard = await wire.hear(1)
    if (heard[0] === TLS_ALERT) return undefined
    return question.isAnswer(heard) ? new PosternError('Endpoint.TlsRefused') : wrongProtocol(heard)
  } catch {
    return undefined
  } finally {
    wire?.close()
  }
}

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
