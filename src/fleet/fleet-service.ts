import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { PosternError } from '../model/errors.ts'
import type { AccountId, GatewayId, PrincipalId, ServerId, ServerPin } from '../model/ids.ts'
import { DEFAULT_REGION, ENROLLMENT_TTL_MS, type GatewayStatus, gatewayStatus } from '../model/gateway.ts'
import { compareCodePoints } from '../model/listing.ts'
import type { EnrollReplyBody, EnrollRequestBody } from '../link/messages.ts'
import { enrollmentToken } from '../link/server-pin.ts'
import type { Nonce } from '../store/access-store.ts'
import type { FleetStore, Gateway, GatewayFilter } from '../store/fleet-store.ts'
import type { Presence } from './presence.ts'

const ED25519_PUBLIC_KEY_BYTES = 32
/** More regions of one account are not listed. */
export const MAX_REGIONS = 1_000

/** A gateway as people see it: with the status that is true now. */
export interface GatewayView extends Gateway {
  readonly status: GatewayStatus
}

export interface FleetService {
  gateway(account: AccountId, id: GatewayId): Promise<GatewayView | undefined>
  gateways(
    account: AccountId,
    filter: GatewayFilter,
    page: { readonly offset: number; readonly limit: number },
  ): Promise<{ readonly gateways: readonly GatewayView[]; readonly total: number }>
  /** The default region and those with a gateway, by code point. */
  regions(account: AccountId): Promise<readonly string[]>
  /** A one-time token; it is shown here and nowhere again, only its hash is kept. */
  createEnrollment(
    request: { readonly account: AccountId; readonly by: PrincipalId; readonly region: string; readonly name?: string },
    burn: Nonce | undefined,
  ): Promise<{ readonly token: string; readonly expiresAt: number }>
  /** Exchanges a token for an identity; the same token with the same key gets the same answer again. */
  enroll(request: EnrollRequestBody): Promise<EnrollReplyBody>
}

export function createFleetService(parts: {
  store: FleetStore
  presence: Presence
  serverId: ServerId
  clock: Clock
  /** Of the certificate that gateways cannot verify otherwise; tokens carry it. */
  pin?: ServerPin
}): FleetService {
  const { store, presence, serverId, clock, pin } = parts

  const view = (gateway: Gateway): GatewayView => {
    const newest = Math.max(gateway.lastSeenAt ?? 0, presence.lastSeen(gateway.id) ?? 0)
    const seen = newest === 0 ? gateway : { ...gateway, lastSeenAt: newest }
    return { ...seen, status: gatewayStatus(seen, clock.now()) }
  }

  return {
    async gateway(account, id) {
      const gateway = await store.gateway(account, id)
      return gateway && view(gateway)
    },
    async gateways(account, filter, page) {
      const { gateways, total } = await store.gateways(account, filter, page)
      return { gateways: gateways.map(view), total }
    },
    async regions(account) {
      const used = await store.regions(account, MAX_REGIONS)
      return [...new Set([DEFAULT_REGION, ...used])].toSorted(compareCodePoints).slice(0, MAX_REGIONS)
    },
    async createEnrollment({ account, by, region, name }, burn) {
      const secret = `postern-${randomBytes(32).toString('base64url')}`
      const expiresAt = clock.now() + ENROLLMENT_TTL_MS
      const enrollment = {
        account,
        tokenHash: tokenHash(secret),
        region,
        expiresAt,
        createdBy: by,
        ...(name !== undefined && { name }),
      }
      if ((await store.createEnrollment(enrollment, burn)) === 'nonce used')
        throw new PosternError('SignatureNonceUsed')
      return { token: enrollmentToken(secret, pin), expiresAt }
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
  unknown: 'No such token was made by this server, or it was removed after it expired.',
  expired: 'It has expired.',
  used: 'It was used already by another gateway.',
} as const

const refused = (why: string) => new PosternError('Enrollment.Refused', { values: { why } })
const tokenHash = (token: string) => createHash('sha256').update(token).digest('hex')
