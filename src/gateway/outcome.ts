import { isDiscoveryErrorCode, PosternError } from '../model/errors.ts'
import type { FailureOutcome, ListingOutcome, ListingWarning, Step, StepName } from '../model/listing.ts'
import type { Found } from './attempt.ts'
import type { Scrubber } from './scrub.ts'

/** The schema of an outcome allows more, but its text must fit into one frame, where every quote in it takes four bytes. */
const MAX_WARNINGS = 16
const MAX_TEXT = 4096

export function listingOutcome(
  { listing, server }: Found,
  facts: { steps: readonly Step[]; collectedAt: number; secrets: Scrubber },
): ListingOutcome {
  const clean = (text: string, max: number) => clip(facts.secrets.scrub(text), max)
  const warning = ({ code, message, grant }: ListingWarning): ListingWarning => ({
    code,
    message: clean(message, MAX_TEXT),
    ...(grant !== undefined && { grant: clean(grant, MAX_TEXT) }),
  })
  return {
    kind: 'listing',
    count: listing.databases.length,
    visibility: listing.visibility,
    warnings: listing.warnings.slice(0, MAX_WARNINGS).map(warning),
    server: { product: clip(server.product, 256), version: clip(server.version, 256), role: server.role },
    steps: [...facts.steps],
    collectedAt: facts.collectedAt,
  }
}

/** What counts of an attempt that threw: whatever an engine makes of being stopped, why it was stopped. */
export function whyItEnded(
  error: unknown,
  { signal, step }: { signal: AbortSignal; step: StepName | undefined },
): unknown {
  const reason: unknown = signal.aborted ? signal.reason : error
  // The step in which the time ran out is what people want to know.
  const timedOut = reason instanceof PosternError && reason.entry === 'Task.ExecutionTimedOut' && step !== undefined
  return timedOut ? new PosternError('Task.ExecutionTimedOut', { reason: `It was at the step \`${step}\`.` }) : reason
}

/**
 * Everything that is not one of the discovery errors is a fault of ours: its message stays in the log, and `lookUp` says
 * where to find it.
 */
export function failureOutcome(
  error: unknown,
  facts: { lookUp: string; step: StepName | undefined; steps: readonly Step[]; secrets: Scrubber },
): FailureOutcome {
  const { lookUp, step, steps, secrets } = facts
  const known = error instanceof PosternError && isDiscoveryErrorCode(error.code) ? error : undefined
  const message = known === undefined ? `A fault of ours. ${lookUp}` : known.message
  return {
    kind: 'failure',
    code: known?.code ?? 'Internal',
    message: clip(secrets.scrub(known?.code === 'Internal' ? `${message} ${lookUp}` : message), MAX_TEXT),
    ...(step !== undefined && { step }),
    steps: [...steps],
  }
}

export const isFaultOfOurs = (error: unknown) =>
  !(error instanceof PosternError) || !isDiscoveryErrorCode(error.code) || error.code === 'Internal'

/** At most `max` UTF-16 units, never half a character. */
function clip(text: string, max: number): string {
  if (text.length <= max) return text
  const cut = text.slice(0, max - 1)
  return `${cut.isWellFormed() ? cut : cut.slice(0, -1)}…`
}
