import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Bus } from '../bus/bus.ts'
import { PosternError } from '../model/errors.ts'
import {
  type AccountId,
  type EnrollmentId,
  type GatewayId,
  type PrincipalId,
  type ServerId,
  type ServerPin,
  toEnrollmentId,
} from '../model/ids.ts'
import { DEFAULT_REGION, ENROLLMENT_TTL_MS, type GatewayStatus, gatewayStatus } from '../model/gateway.ts'
import { compareCodePoints } from '../model/listing.ts'
import type { EnrollReplyBody, EnrollRequestBody } from '../link/messages.ts'
import { enrollmentToken } from '../link/server-pin.ts'
import type { Nonce } from '../store/access-store.ts'
import type {
  DeleteGateway,
  Enrollment,
  EnrollmentPosition,
  FleetStore,
  Gateway,
  GatewayFilter,
  UpdateGateway,
} from '../store/fleet-store.ts'
import { createGatewaySearch, type GatewaySearch, NO_GATEWAYS } from './gateway-search.ts'
import type { LinkQuality, Presence } from './presence.ts'

const ED25519_PUBLIC_KEY_BYTES = 32
/** More regions of one account are not listed. */
export const MAX_REGIONS = 1_000
/** Of 500 tasks each; the tasks beyond are left to the reaper. */
const MAX_END_STEPS = 20

/** A gateway as people see it: with the status that is true now. */
export interface GatewayView extends Gateway {
  readonly status: GatewayStatus
  /** Of its newest round trip, where this node has its session. */
  readonly link?: LinkQuality
}

export const ENROLLMENT_STATUSES = ['Open', 'Used', 'Expired'] as const

export interface EnrollmentView extends Enrollment {
  readonly status: (typeof ENROLLMENT_STATUSES)[number]
}

export interface FleetService {
  /** Names this installation; gateways sign it with their results. */
  readonly serverId: ServerId
  gateway(account: AccountId, id: GatewayId): Promise<GatewayView | undefined>
  gateways(
    account: AccountId,
    filter: GatewayFilter,
    page: { readonly offset: number; readonly limit: number },
  ): Promise<{ readonly gateways: readonly GatewayView[]; readonly total: number }>
  /** As `GatewaySearch` has it. */
  search(
    ...asked: Parameters<GatewaySearch['search']>
  ): Promise<{ readonly gateways: readonly GatewayView[]; readonly next?: GatewayId }>
  statusesOf: GatewaySearch['statusesOf']
  /** Gateways of all accounts, by the status that is true now; for whoever runs the server. */
  countByStatus(): Promise<Readonly<Record<GatewayStatus, number>>>
  /** The default region and those with a gateway, by code point. */
  regions(account: AccountId): Promise<readonly string[]>
  /** A one-time token; it is shown here and nowhere again, only its hash is kept. */
  createEnrollment(
    request: { readonly account: AccountId; readonly by: PrincipalId; readonly region: string; readonly name?: string },
    burn: Nonce | undefined,
  ): Promise<{ readonly id: EnrollmentId; readonly token: string; readonly expiresAt: number }>
  /** Newest first, with the status that is true now. */
  enrollments(
    account: AccountId,
    page: { readonly limit: number; readonly after?: EnrollmentPosition },
  ): Promise<{ readonly enrollments: readonly EnrollmentView[]; readonly next?: EnrollmentPosition }>
  enrollment: FleetStore['enrollment']
  /** The token works no more. Throws Enrollment.NotFound, Enrollment.Used. */
  revokeEnrollment(
    revoke: { readonly account: AccountId; readonly id: EnrollmentId },
    burn: Nonce | undefined,
  ): Promise<void>
  /** Throws BackupGateway.NotFound. */
  update(update: UpdateGateway, burn: Nonce | undefined): Promise<GatewayView>
  /**
   * Gone at once, and its session with it; when it resolves, its open tasks have ended too, but for very many, which
   * the reaper ends. Throws BackupGateway.NotFound.
   */
  delete(gateway: DeleteGateway, burn: Nonce | undefined): Promise<void>
  /** Exchanges a token for an identity; the same token with the same key gets the same answer again. */
  enroll(request: EnrollRequestBody): Promise<EnrollReplyBody>
}

export function createFleetService(parts: {
  store: FleetStore
  presence: Presence
  bus: Bus
  serverId: ServerId
  clock: Clock
  /** Of the certificate that gateways cannot verify otherwise; tokens carry it. */
  pin?: ServerPin
}): FleetService {
  const { store, presence, bus, serverId, clock, pin } = parts

  /** Presence in memory is newer than in the store. */
  const seenNow = <T extends Pick<Gateway, 'id' | 'lastSeenAt'>>(gateway: T): T => {
    const newest = Math.max(gateway.lastSeenAt ?? 0, presence.lastSeen(gateway.id) ?? 0)
    return newest === 0 ? gateway : { ...gateway, lastSeenAt: newest }
  }
  const view = (gateway: Gateway): GatewayView => {
    const seen = seenNow(gateway)
    const link = presence.quality(gateway.id)
    return { ...seen, status: gatewayStatus(seen, clock.now()), ...(link && { link }) }
  }
  const found = createGatewaySearch({ store, seenNow, now: () => clock.now() })

  /** It was deleted already: what fails here is not said to the caller, and the reaper does it again. */
  const endTasks = async () => {
    for (let step = 0; step < MAX_END_STEPS; step++) {
      const ended = await store.endDeleted().catch(() => [])
      if (ended.length === 0) return
      bus.publish(
        'task',
        ended.map(({ id }) => String(id)),
      )
    }
  }

  return {
    serverId,
    async gateway(account, id) {
      const gateway = await store.gateway(account, id)
      return gateway && view(gateway)
    },
    async gateways(account, filter, page) {
      const { gateways, total } = await store.gateways(account, filter, page)
      return { gateways: gateways.map(view), total }
    },
    async search(...asked) {
      const { gateways, ...next } = await found.search(...asked)
      return { gateways: gateways.map(view), ...next }
    },
    statusesOf: (account) => found.statusesOf(account),
    async countByStatus() {
      const counts = { ...NO_GATEWAYS }
      const now = clock.now()
      for (const gateway of await store.presences()) counts[gatewayStatus(seenNow(gateway), now)]++
      return counts
    },
    async regions(account) {
      const used = await store.regions(account, MAX_REGIONS)
      return [...new Set([DEFAULT_REGION, ...used])].toSorted(compareCodePoints).slice(0, MAX_REGIONS)
    },
    async createEnrollment({ account, by, region, name }, burn) {
      const secret = `postern-${randomBytes(32).toString('base64url')}`
      const expiresAt = clock.now() + ENROLLMENT_TTL_MS
      const hash = tokenHash(secret)
      const enrollment = {
        account,
        tokenHash: hash,
        region,
        expiresAt,
        createdBy: by,
        ...(name !== undefined && { name }),
      }
      if ((await store.createEnrollment(enrollment, burn)) === 'nonce used')
        throw new PosternError('SignatureNonceUsed')
      return { id: enrollmentIdOf(hash), token: enrollmentToken(secret, pin), expiresAt }
    },
    async enrollments(account, page) {
      const { enrollments, ...rest } = await store.enrollments(account, page)
      const now = clock.now()
      return { ...rest, enrollments: enrollments.map((each) => ({ ...each, status: enrollmentStatus(each, now) })) }
    },
    enrollment: (account, id) => store.enrollment(account, id),
    async revokeEnrollment(revoke, burn) {
      const kind = await store.revokeEnrollment(revoke, burn)
      if (kind !== 'revoked') throw new PosternError(CHANGE_REFUSALS[kind])
    },
    async update(update, burn) {
      const updated = await store.update(update, burn)
      if (typeof updated === 'string') throw new PosternError(CHANGE_REFUSALS[updated])
      return view(updated)
    },
    async delete(gateway, burn) {
      const kind = await store.delete(gateway, burn)
      if (kind !== 'deleted') throw new PosternError(CHANGE_REFUSALS[kind])
      bus.publish('deleted', [String(gateway.id)])
      await endTasks()
    },
    async enroll({ token, publicKey, hostname, version }) {
      const key = Buffer.from(publicKey, 'base64')
      if (key.length !== ED25519_PUBLIC_KEY_BYTES) throw refused('The public key is not an Ed25519 key.')
      const enrolled = await store.enroll({ tokenHash: tokenHash(token), publicKey: key, hostname, version })
      if (enrolled.kind !== 'enrolled') throw refused(REFUSALS[enrolled.kind])
      const { id, account, region, name } = enrolled.gateway
      return { gateway: id, account, server: serverId, region, name }
    },
  }
}

const REFUSALS = {
  unknown: 'No such token was made by this server, or it was revoked, or removed after it expired.',
  expired: 'It has expired.',
  used: 'It was used already by another gateway.',
  deleted: 'The gateway that it made was deleted.',
} as const
const CHANGE_REFUSALS = {
  used: 'Enrollment.Used',
  'no enrollment': 'Enrollment.NotFound',
  'no gateway': 'BackupGateway.NotFound',
  'nonce used': 'SignatureNonceUsed',
} as const

const refused = (why: string) => new PosternError('Enrollment.Refused', { values: { why } })
function enrollmentStatus({ gateway, expiresAt }: Enrollment, now: number): EnrollmentView['status'] {
  if (gateway !== undefined) return 'Used'
  return expiresAt <= now ? 'Expired' : 'Open'
}

function enrollmentIdOf(hash: string): EnrollmentId {
  const id = toEnrollmentId(hash.slice(0, 20))
  if (id === undefined) throw new Error('a hash is not in hex digits')
  return id
}
const tokenHash = (token: string) => createHash('sha256').update(token).digest('hex')
