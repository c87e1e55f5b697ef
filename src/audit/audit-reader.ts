import { type Clock, sleep } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { auditFolder, listSegments } from './audit-folder.ts'
import { auditPublicKeyFile, readAuditPublicKey } from './audit-key.ts'
import { AuditProblem } from './audit-problem.ts'
import { type NewestAudit, type NewestQuery, readNewestAudit } from './newest-audit.ts'
import { readHead } from './read-head.ts'
import { type VerifiedAudit, verifyAudit } from './verify-audit.ts'

/** Of the time that a check takes it works a fifth and rests the others. */
const REST_FACTOR = 4
/** After a check nobody's question starts another for this long, or for this many times as long as it took. */
const MIN_PAUSE_MS = 60_000
const PAUSE_FACTOR = 20
/** A short trail is checked within the answer. */
const WAIT_MS = 200
/** Segments that became too old were removed under it. */
const MAX_TRIES = 3

export interface AuditVerdict {
  readonly state: 'Unchecked' | 'Intact' | 'Broken'
  /** A check runs now. */
  readonly checking: boolean
  /** When the last check began: what was written later is not in it. */
  readonly checkedAt?: number
  readonly found?: VerifiedAudit
  /** The first place that is not as it was written, and why; of `Broken`. */
  readonly problem?: string
}

/** What can be asked of the trail of this server while it is written. */
export interface AuditReader extends AsyncDisposable {
  newest(query: NewestQuery, signal: AbortSignal): Promise<NewestAudit>
  /** The last verdict. Starts a check where it is too old, waits a moment for it, and never for its end. */
  verdict(): Promise<AuditVerdict>
  /** `SEQ:HASH` of the last entry; undefined where there is none or it cannot be read. */
  head(): Promise<string | undefined>
  /** Why nothing can be recorded now. */
  readonly problem: string | undefined
}

export function createAuditReader(parts: {
  readonly data: string
  readonly writeProblem: () => string | undefined
  readonly clock: Clock
  readonly log: Log
}): AuditReader {
  const { data, writeProblem, clock, log } = parts
  const folder = auditFolder(data)
  const stopped = new AbortController()
  let last: Omit<AuditVerdict, 'checking'> = { state: 'Unchecked' }
  let notBefore = 0
  let running: Promise<void> | undefined

  /** After each piece of work, so that a trail of any length holds nobody up. */
  const restBetween = () => {
    let began = performance.now()
    return async () => {
      await sleep(clock, Math.ceil((performance.now() - began) * REST_FACTOR), stopped.signal)
      stopped.signal.throwIfAborted()
      began = performance.now()
    }
  }

  const check = async (tries = MAX_TRIES): Promise<Omit<AuditVerdict, 'checking'>> => {
    const checkedAt = clock.wall()
    const segments = await listSegments(folder)
    if (segments.length === 0) return { state: 'Unchecked' }
    try {
      const publicKey = await readAuditPublicKey(auditPublicKeyFile(data))
      const found = await verifyAudit({ folder, publicKey, rest: restBetween() })
      return { state: 'Intact', checkedAt, found }
    } catch (error) {
      if (!(error instanceof AuditProblem)) throw error
      const [oldest] = await listSegments(folder)
      if (oldest !== segments[0] && tries > 1) return check(tries - 1)
      log.error({ err: error }, 'the audit trail is not as it was written')
      return { state: 'Broken', checkedAt, problem: error.message.replaceAll(folder, 'audit') }
    }
  }
  const run = async (): Promise<void> => {
    const began = clock.now()
    try {
      last = await check()
    } catch (error) {
      if (!stopped.signal.aborted) log.warn({ err: error }, 'the audit trail could not be checked')
    }
    const ended = clock.now()
    notBefore = ended + Math.max(MIN_PAUSE_MS, PAUSE_FACTOR * (ended - began))
    running = undefined
  }

  return {
    newest: (query, signal) => readNewestAudit(folder, query, signal),
    async verdict() {
      if (running === undefined && clock.now() >= notBefore && !stopped.signal.aborted) running = run()
      if (running !== undefined) await Promise.race([running, sleep(clock, WAIT_MS, stopped.signal)])
      return { ...last, checking: running !== undefined }
    },
    head: () => readHead(folder).catch(() => undefined),
    get problem() {
      return writeProblem()
    },
    async [Symbol.asyncDispose]() {
      stopped.abort()
      await running
    },
  }
}
