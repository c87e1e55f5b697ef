import type { AccountId, EnrollmentId, Epoch, GatewayId, KeyFingerprint, PrincipalId } from '../model/ids.ts'
import type { Instant } from '../model/task.ts'
import type { Nonce } from './access-store.ts'
import type { SessionEpoch, Task } from './task-store.ts'

export interface NewEnrollment {
  readonly account: AccountId
  /** SHA-256 of the token, 64 hex digits; the token itself is never stored. */
  readonly tokenHash: string
  readonly region: string
  readonly name?: string
  readonly expiresAt: Instant
  readonly createdBy: PrincipalId
}

export interface Gateway {
  readonly id: GatewayId
  readonly account: AccountId
  readonly region: string
  readonly name: string
  readonly createdAt: Instant
  /** The key that it proves and signs with; during a rotation the one before. */
  readonly key: KeyFingerprint
  /** Newest round trip that reached the store; presence in memory may know a newer one. */
  readonly lastSeenAt?: Instant
  readonly conflictUntil?: Instant
  /** A session is open as far as the store knows. */
  readonly connected: boolean
  /** When it said that it stops; unset again with its next session. */
  readonly stoppedAt?: Instant
  /** It said that it stops because another version was put in its place. */
  readonly upgrading?: boolean
  readonly hostname?: string
  /** Where its newest session came from. */
  readonly address?: string
  /** Its own address in its network, as it said itself in its newest session. */
  readonly localAddress?: string
  readonly version?: string
}

export interface EnrollRequest {
  readonly tokenHash: string
  /** 32 raw bytes, Ed25519. */
  readonly publicKey: Uint8Array
  readonly hostname: string
  readonly version: string
}

export type Enrolled =
  /** Also for the same token with the same key again, while the token is kept. */
  | { readonly kind: 'enrolled'; readonly gateway: Gateway }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'used' }
  /** The gateway that it made was deleted. */
  | { readonly kind: 'deleted' }

export interface OpenSession {
  readonly gateway: GatewayId
  /** Made anew by each start of a gateway process: tells two processes of one identity apart. */
  readonly instance: string
  /** The key that was proven. The first use of a new key ends the old one. */
  readonly key: KeyFingerprint
  /** A key to rotate to; valid beside the proven one until it was used. */
  readonly nextKey?: Uint8Array
  readonly hostname: string
  readonly address: string
  /** Older gateways do not say. */
  readonly localAddress?: string
  readonly version: string
}

export type Opened =
  | { readonly kind: 'open'; readonly epoch: Epoch; readonly account: AccountId; readonly replaced: boolean }
  /** Two instances replace each other: both refused until then. */
  | {
      readonly kind: 'conflict'
      readonly until: Instant
      /** Above that of every session: none is the newest any more, on whichever node it is. */
      readonly epoch: Epoch
    }
  | { readonly kind: 'unknown' }

/** A session that is over. */
export interface EndedSession extends SessionEpoch {
  /** The gateway said that it stops, for good or to come back as another version. */
  readonly stopped?: 'stopped' | 'upgrading'
}

/** A session that counts no more, whether or not its connection is still open. */
export interface OverSession {
  readonly gateway: GatewayId
  /** The newest epoch of the gateway. */
  readonly epoch: Epoch
  readonly deleted: boolean
}

/** A token as people see it afterwards, without the token. */
export interface Enrollment {
  readonly id: EnrollmentId
  readonly region: string
  readonly name?: string
  readonly createdAt: Instant
  readonly createdBy: PrincipalId
  readonly expiresAt: Instant
  /** That it made; the gateway may be deleted. */
  readonly gateway?: GatewayId
}

/** A place in the list of enrolments; the enrolment itself may be gone. */
export interface EnrollmentPosition {
  readonly at: Instant
  readonly id: EnrollmentId
}

export interface UpdateGateway {
  readonly account: AccountId
  readonly id: GatewayId
  readonly name?: string
  /** Of what is created from now on; tasks keep theirs. */
  readonly region?: string
}

export interface DeleteGateway {
  readonly account: AccountId
  readonly id: GatewayId
  readonly by: PrincipalId
}

export interface GatewayFilter {
  readonly region?: string
  readonly ids?: readonly GatewayId[]
}

/** What a gateway is looked for by. */
export type GatewayBrief = Pick<Gateway, 'id' | 'name' | 'lastSeenAt' | 'conflictUntil' | 'stoppedAt' | 'upgrading'>

export interface FleetStore {
  createEnrollment(enrollment: NewEnrollment, burn: Nonce | undefined): Promise<'created' | 'nonce used'>
  /** Consumes the token and makes the gateway in one commit. */
  enroll(request: EnrollRequest): Promise<Enrolled>
  /** Newest first, `limit` (1–100) a page; those that are open, used or expired, while they are kept. */
  enrollments(
    account: AccountId,
    page: { readonly limit: number; readonly after?: EnrollmentPosition },
  ): Promise<{ readonly enrollments: readonly Enrollment[]; readonly next?: EnrollmentPosition }>
  enrollment(account: AccountId, id: EnrollmentId): Promise<Enrollment | undefined>
  /** Its token works no more. One that was used stays, and so does its gateway. Burns the nonce unless it is refused. */
  revokeEnrollment(
    revoke: { readonly account: AccountId; readonly id: EnrollmentId },
    burn: Nonce | undefined,
  ): Promise<'revoked' | 'used' | 'no enrollment' | 'nonce used'>
  /** One that was deleted is not there, here and in every list. */
  gateway(account: AccountId, id: GatewayId): Promise<Gateway | undefined>
  /** By id; `offset` and `limit` (1–100) choose a page; `total` counts all. */
  gateways(
    account: AccountId,
    filter: GatewayFilter,
    page: { readonly offset: number; readonly limit: number },
  ): Promise<{ readonly gateways: readonly Gateway[]; readonly total: number }>
  /** By id, those behind `after`; `limit` 1–2,000. Cheap enough to go through ten thousand of them. */
  briefs(
    account: AccountId,
    filter: { readonly region?: string },
    page: { readonly after?: GatewayId; readonly limit: number },
  ): Promise<readonly GatewayBrief[]>
  /** Gateways of all accounts, connected or not. */
  count(): Promise<number>
  /** Regions that have a gateway, each once, by code point, at most `limit`. */
  regions(account: AccountId, limit: number): Promise<readonly string[]>
  /** What the status of every gateway of every account is made of. */
  presences(): Promise<readonly Pick<Gateway, 'id' | 'lastSeenAt' | 'conflictUntil' | 'stoppedAt' | 'upgrading'>[]>
  /** Raw public keys that may prove this gateway: the current one, and one to rotate to. Empty: unknown or deleted. */
  keys(id: GatewayId): Promise<readonly Uint8Array[]>
  /** Raises the epoch: from now on only this session claims. Counts replacements between two instances (row 28). */
  open(session: OpenSession): Promise<Opened>
  /** The session ended: its claims have 15 s left. Nothing where a newer epoch is there. */
  close(session: EndedSession): Promise<void>
  /** Burns the nonce in the same commit unless it is refused. */
  update(update: UpdateGateway, burn: Nonce | undefined): Promise<Gateway | 'no gateway' | 'nonce used'>
  /**
   * It is gone at once: no key of it opens a session, its session claims nothing, no task can be created for it. Its
   * open tasks are ended by `endDeleted`. Its keys stay to check old results. Burns the nonce unless it is refused.
   */
  delete(gateway: DeleteGateway, burn: Nonce | undefined): Promise<'deleted' | 'no gateway' | 'nonce used'>
  /** Ends at most 500 open tasks of deleted gateways; those that ended. Call again until there is none: a crash loses nothing. */
  endDeleted(): Promise<readonly Task[]>
  /** Of these sessions those that are not their gateway's newest any more, or whose gateway was deleted. Changes nothing. */
  over(sessions: readonly SessionEpoch[]): Promise<readonly OverSession[]>
  /** Newest round trips, in a batch; an older one never overwrites a newer one. */
  heartbeats(seen: readonly { readonly gateway: GatewayId; readonly at: Instant }[]): Promise<void>
}
