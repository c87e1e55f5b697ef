import type { Instant } from './task.ts'

export const GATEWAY_STATUSES = ['ONLINE', 'OFFLINE', 'CONFLICT', 'STOPPED', 'UPGRADING'] as const
export type GatewayStatus = (typeof GATEWAY_STATUSES)[number]

/** ONLINE means a completed round trip within this. */
export const ONLINE_WITHIN_MS = 45_000
export const PING_EVERY_MS = 15_000
/** Both gateways of one identity are refused for this long after three replacements within it. */
export const CONFLICT_MS = 60_000
export const CONFLICT_REPLACEMENTS = 3
export const ENROLLMENT_TTL_MS = 30 * 60_000
export const DEFAULT_REGION = 'default'

/** What a gateway may be called, in characters. */
export const MAX_GATEWAY_NAME = 128

/** An upgrade that takes longer is none any more. */
const UPGRADING_WITHIN_MS = 15 * 60_000

/** The status that people see, from the facts that a store keeps. */
export function gatewayStatus(
  facts: { lastSeenAt?: Instant; conflictUntil?: Instant; stoppedAt?: Instant; upgrading?: boolean },
  now: Instant,
): GatewayStatus {
  if (facts.conflictUntil !== undefined && facts.conflictUntil > now) return 'CONFLICT'
  // Its last round trip is not 45 s ago yet, and still it is gone; its next session unsets this.
  if (facts.stoppedAt !== undefined)
    return facts.upgrading === true && now - facts.stoppedAt <= UPGRADING_WITHIN_MS ? 'UPGRADING' : 'STOPPED'
  if (facts.lastSeenAt !== undefined && now - facts.lastSeenAt <= ONLINE_WITHIN_MS) return 'ONLINE'
  return 'OFFLINE'
}
