import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { rememberingVerifier, type VerifyEd25519 } from '../link/keys.ts'
import { resultPayload } from '../link/payloads.ts'
import type { ServerId } from '../model/ids.ts'
import type { SignedResult, TaskStore } from '../store/task-store.ts'

const EVERY_MS = 1_000
const BATCH = 200

/** Checks the signatures of stored results, off the path of those who wait for them. */
export function startResultVerifier(parts: {
  store: Pick<TaskStore, 'unverified' | 'verified'>
  serverId: ServerId
  clock: Clock
  log: Log
}): AsyncDisposable {
  const { store, serverId, clock, log } = parts
  const verify = rememberingVerifier()
  let running: Promise<void> | undefined
  let stopped = false

  const round = async () => {
    for (;;) {
      const results = await store.unverified(BATCH)
      const checked: { attempt: SignedResult['attempt']; ok: boolean }[] = []
      for (const result of results) {
        const ok = signedByGateway(result, serverId, verify)
        if (!ok) log.error({ task: result.task, gateway: result.gateway }, 'the signature of a result does not fit')
        checked.push({ attempt: result.attempt, ok })
        // 63 µs each: others get their turn in between.
        if (checked.length % 20 === 0) await setImmediate()
      }
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

function signedByGateway(result: SignedResult, server: ServerId, verify: VerifyEd25519): boolean {
  const { publicKey, signature, engine, host, port } = result
  if (publicKey === undefined) return false
  return verify(publicKey, resultPayload({ ...result, server, engine, host, port }), signature)
}
