import { parentPort } from 'node:worker_threads'
import type { Signed } from './signature-verifier.ts'
import { rememberingVerifyEd25519 } from './keys.ts'

// Verifies what it is sent, one message in, one message out; ends with the thread that started it.

const verify = rememberingVerifyEd25519()

parentPort?.on('message', (all: readonly Signed[]) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(all.map(({ raw, payload, signature }) => verify(raw, payload, signature)))
})
