import { Worker } from 'node:worker_threads'
import { rememberingVerifyEd25519 } from './keys.ts'

/** So few take a millisecond, and starting a thread takes thirty. */
const MOST_HERE = 8
/** Far more than a few hundred take; a thread that has not answered by then never will. */
const ANSWER_MS = 30_000

/** What an Ed25519 key signed: 32 raw bytes of the key, the signature in base64. */
export interface Signed {
  readonly raw: Uint8Array
  readonly payload: Uint8Array
  readonly signature: string
}

/** Whether each fits; false, never an error, for a key or a signature of any other shape. Rejects where the thread ends. */
export type VerifyAll = (all: readonly Signed[]) => Promise<readonly boolean[]>

export interface SignatureVerifier extends AsyncDisposable {
  readonly verifyAll: VerifyAll
}

/**
 * Verifies many signatures on a thread of its own, which starts with the first many: 137 µs each that nobody waits for.
 * The threads that Node has for it take half as long again, and hold up the thread that asks.
 */
export function createSignatureVerifier(): SignatureVerifier {
  const verify = rememberingVerifyEd25519()
  let thread: Worker | undefined
  /** One question at a time, so that every answer is that of the question before it. */
  let before: Promise<unknown> = Promise.resolve()
  let closed = false

  const start = () => {
    // The compiler rewrites the endings of imports, not this one.
    const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const started = new Worker(new URL(`./signature-thread.${ending}`, import.meta.url), { name: 'signatures' })
    started.once('exit', () => {
      if (thread === started) thread = undefined
    })
    return started
  }
  const ask = (all: readonly Signed[]) =>
    new Promise<readonly boolean[]>((resolve, reject) => {
      if (closed) {
        reject(new Error('the verifier is closed'))
        return
      }
      const asked = (thread ??= start())
      const late = setTimeout(() => void asked.terminate(), ANSWER_MS)
      const done = () => {
        clearTimeout(late)
        asked.off('message', answered)
        asked.off('error', failed)
        asked.off('exit', ended)
      }
      const answered = (verdicts: readonly boolean[]) => {
        done()
        resolve(verdicts)
      }
      const failed = (error: Error) => {
        done()
        reject(error)
      }
      const ended = () => failed(new Error('the thread that verifies signatures has ended'))
      asked.on('message', answered)
      asked.on('error', failed)
      asked.on('exit', ended)
      // Copied: a view into a larger buffer would take all of it along.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      asked.postMessage(all.map((signed) => ({ ...signed, payload: new Uint8Array(signed.payload) })))
    })
  return {
    async verifyAll(all) {
      if (all.length <= MOST_HERE) return all.map(({ raw, payload, signature }) => verify(raw, payload, signature))
      const answer = before.then(() => ask(all))
      before = answer.catch(() => {})
      return answer
    },
    async [Symbol.asyncDispose]() {
      closed = true
      await thread?.terminate()
    },
  }
}
