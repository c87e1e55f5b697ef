import type { Message } from '../link/messages.ts'
import type { AttemptId, Epoch, KeyFingerprint } from '../model/ids.ts'

const MAX_BYTES = 256 * 1024 * 1024
/** Kept free for failures, which are small and must always find room. */
const RESERVED_BYTES = 16 * 1024 * 1024
/** With those that run it must fit into `ready.holding`. */
const MAX_OUTCOMES = 15_000
/** What an entry takes besides its texts. */
const OVERHEAD_BYTES = 1024

/** An outcome as it is sent: signed, nothing in it changes any more. */
export interface SealedOutcome {
  readonly attempt: AttemptId
  /** Of the claim. */
  readonly epoch: Epoch
  readonly outcomeText: string
  readonly parts: readonly Buffer[]
  readonly digest: string
  /** Base64. */
  readonly signature: string
  readonly key: KeyFingerprint
}

/** Outcomes that the server has not acknowledged. In memory: after a crash the attempts are no longer held and start anew. */
export interface Outbox {
  /** False where it does not fit; then nothing has changed. */
  add(outcome: SealedOutcome): boolean
  /** The server has committed it. Nothing for an unknown one. */
  acknowledge(attempt: AttemptId): void
  get(attempt: AttemptId): SealedOutcome | undefined
  /** Oldest first. */
  readonly attempts: readonly AttemptId[]
  readonly bytes: number
  /** Time to start nothing new: what ends now may not find room. */
  readonly full: boolean
}

export function createOutbox(maxBytes = MAX_BYTES, reservedBytes = Math.min(RESERVED_BYTES, maxBytes / 16)): Outbox {
  const outcomes = new Map<AttemptId, SealedOutcome>()
  let bytes = 0
  return {
    add(outcome) {
      const size = sizeOf(outcome)
      const limit = outcome.parts.length > 0 ? maxBytes - reservedBytes : maxBytes
      if (outcomes.has(outcome.attempt) || bytes + size > limit) return false
      outcomes.set(outcome.attempt, outcome)
      bytes += size
      return true
    },
    acknowledge(attempt) {
      const outcome = outcomes.get(attempt)
      if (outcome === undefined) return
      outcomes.delete(attempt)
      bytes -= sizeOf(outcome)
    },
    get: (attempt) => outcomes.get(attempt),
    get attempts() {
      return [...outcomes.keys()]
    },
    get bytes() {
      return bytes
    },
    get full() {
      return bytes >= maxBytes - reservedBytes || outcomes.size >= MAX_OUTCOMES
    },
  }
}

const sizeOf = ({ outcomeText, parts }: SealedOutcome) =>
  parts.reduce((sum, part) => sum + part.length, OVERHEAD_BYTES + outcomeText.length * 2)

/** The chunks from 0, then `finished`: all of it anew on each connection. */
export function* outcomeMessages(outcome: SealedOutcome): Generator<Message<'chunk' | 'finished'>> {
  const { attempt, epoch, outcomeText, parts, digest, signature, key } = outcome
  for (const [index, part] of parts.entries()) {
    yield { type: 'chunk', attempt, index, data: part.toString('utf8') }
  }
  yield { type: 'finished', attempt, epoch, chunks: parts.length, outcome: outcomeText, digest, signature, key }
}
