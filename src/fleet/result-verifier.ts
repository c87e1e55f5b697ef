import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { VerifyEd25519Aside } from '../link/keys.ts'
import { resultPayload } from '../link/payloads.ts'
import type { ServerId } from '../model/ids.ts'
import type { SignedResult, TaskStore } from '../store/task-store.ts'

const EVERY_MS = 1_000
const BATCH = 200
/** On their way at a time; a processor besides them is left to what people wait for. */
const ASIDE = 4

/** Checks the signatures of stored results, off the path of those who wait for them. */
export function startResultVerifier(parts: {
  store: Pick<TaskStore, 'unverified' | 'verified'>
  serverId: ServerId
  verify: VerifyEd25519Aside
  clock: Clock
  log: Log
}): AsyncDisposable {
  const { store, serverId, verify, clock, log } = parts
  let running: Promise<void> | undefined
  let stopped = false

  const check = async (result: SignedResult) => {
    const ok = await signedByGateway(result, serverId, verify)
    if (!ok) log.error({ task: result.task, gateway: result.gateway }, 'the signature of a result does not fit')
    return { attempt: result.attempt, ok }
  }
  const round = async () => {
    for (;;) {
      const results = await store.unverified(BATCH)
      const checked: { attempt: SignedResult['attempt']; ok: boolean }[] = []
      for (let at = 0; at < results.length; at += ASIDE) {
        checked.push(...(await Promise.all(results.slice(at, at + ASIDE).map(check))))
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

async function signedByGateway(result: SignedResult, server: ServerId, verify: VerifyEd25519Aside): Promise<boolean> {
  const { publicKey, signature, engine, host, port } = result
  if (publicKey === undefined) return false
  return verify(publicKey, resultPayload({ ...result, server, engine, host, port }), signature)
}
