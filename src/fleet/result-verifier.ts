import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { resultPayload } from '../link/payloads.ts'
import type { Signed, VerifyAll } from '../link/signature-verifier.ts'
import type { ServerId } from '../model/ids.ts'
import type { SignedResult, TaskStore } from '../store/task-store.ts'

const EVERY_MS = 1_000
const BATCH = 200
/** Fits no signature. */
const NO_KEY = new Uint8Array()

/** Checks the signatures of stored results, off the path of those who wait for them. */
export function startResultVerifier(parts: {
  store: Pick<TaskStore, 'unverified' | 'verified'>
  serverId: ServerId
  verifyAll: VerifyAll
  clock: Clock
  log: Log
}): AsyncDisposable {
  const { store, serverId, verifyAll, clock, log } = parts
  let running: Promise<void> | undefined
  let stopped = false

  const round = async () => {
    for (;;) {
      const results = await store.unverified(BATCH)
      const fits = await verifyAll(results.map((result) => signedOf(result, serverId)))
      const checked = results.map(({ task, gateway, attempt }, index) => {
        const ok = fits[index] === true
        if (!ok) log.error({ task, gateway }, 'the signature of a result does not fit')
        return { attempt, ok }
      })
      if (checked.length > 0) await store.verified(checked)
      if (results.length < BATCH || stopped) return
    }
  }
  const timer = clock.every(EVERY_MS, () => {
    running ??= round()
      .catch((error: unknown) =>
        log.warn({ err: error }, 'signatures could not be checked; the next round tries again'),
      )
      .finally(() => {
        running = undefined
      })
  })
  return {
    async [Symbol.asyncDispose]() {
      stopped = true
      timer.cancel()
      await running
    },
  }
}

function signedOf(result: SignedResult, server: ServerId): Signed {
  const { publicKey: raw = NO_KEY, signature, engine, host, port } = result
  return { raw, payload: resultPayload({ ...result, server, engine, host, port }), signature }
}
