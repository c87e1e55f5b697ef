import { CONFLICT_MS, CONFLICT_REPLACEMENTS } from '../../model/gateway.ts'
import { fingerprintOf, type GatewayId, toAccountId, toEpoch } from '../../model/ids.ts'
import { type Instant, SESSION_LOST_GRACE_MS } from '../../model/task.ts'
import type { Nonce } from '../access-store.ts'
import type { EndedSession, Enrolled, EnrollRequest, NewEnrollment, Opened, OpenSession } from '../fleet-store.ts'
import { burnNonce } from './access-units.ts'
import { gatewayOf } from '../gateway-row.ts'
import { bytes, integer, oneOf, optional, type Row, text } from '../row.ts'
import type { Unit } from './unit.ts'

export function createEnrollment(
  unit: Unit,
  input: { readonly enrollment: NewEnrollment; readonly burn: Nonce | undefined },
): 'created' | 'nonce used' {
  const { enrollment, burn } = input
  const { tokenHash, account, region, name, createdBy, expiresAt } = enrollment
  if (burn !== undefined && !burnNonce(unit, burn)) return 'nonce used'
  unit.sql.run('insert_enrollment', {
    token_hash: tokenHash,
    account,
    region,
    name: name ?? null,
    now: unit.now,
    created_by: createdBy,
    expires_at: expiresAt,
  })
  return 'created'
}

export function enrollGateway(unit: Unit, request: EnrollRequest): Enrolled {
  const { sql, now } = unit
  const { tokenHash, publicKey, hostname, version } = request
  const enrollment = sql.get('enrollment', { token_hash: tokenHash })
  if (enrollment === undefined) return { kind: 'unknown' }
  const used = optional(enrollment, 'gateway', integer)
  if (used !== undefined) {
    // The reply may have been lost: the same key gets it again.
    if (Buffer.compare(bytes(enrollment, 'public_key'), publicKey) !== 0) return { kind: 'used' }
    const row = gatewayRow(unit, used)
    if (optional(row, 'deleted_at', integer) !== undefined) return { kind: 'deleted' }
    return { kind: 'enrolled', gateway: gatewayOf(row, unit.ids) }
  }
  if (integer(enrollment, 'expires_at') <= now) return { kind: 'expired' }

  const gateway = sql.insert('insert_gateway', {
    account: text(enrollment, 'account'),
    region: text(enrollment, 'region'),
    name: optional(enrollment, 'name', text) ?? hostname,
    now,
    hostname,
    version,
  })
  addKey(unit, { gateway, publicKey, role: 'current' })
  sql.run('use_enrollment', { token_hash: tokenHash, public_key: publicKey, gateway })
  return { kind: 'enrolled', gateway: gatewayOf(gatewayRow(unit, gateway), unit.ids) }
}

type Conflict = Extract<Opened, { kind: 'conflict' }>

export function openSession(unit: Unit, session: OpenSession): Opened {
  const { sql, ids, now } = unit
  const { key, nextKey, instance, hostname, address, localAddress, version } = session
  const gateway = ids.gatewayNumber(session.gateway)
  const role = sql.get('key_role', { gateway, fingerprint: key })
  if (role === undefined) return { kind: 'unknown' }

  const before = gatewayRow(unit, gateway)
  const conflict = conflictOf(unit, { gateway, before, instance })
  if (conflict !== undefined) return conflict

  if (oneOf(role, 'role', ['current', 'next']) === 'next') {
    sql.run('retire_keys', { gateway, role: 'current' })
    sql.run('promote_key', { gateway, fingerprint: key })
  }
  if (nextKey !== undefined && fingerprintOf(nextKey) !== key) {
    sql.run('retire_keys', { gateway, role: 'next' })
    addKey(unit, { gateway, publicKey: nextKey, role: 'next' })
  }
  limitClaims(unit, gateway)
  const local_address = localAddress ?? null
  const opened = sql.get('open_session', { gateway, instance, now, hostname, address, local_address, version })
  if (opened === undefined) throw new Error('a gateway that was there is gone')
  return {
    kind: 'open',
    epoch: toEpoch(integer(opened, 'epoch')),
    account: toAccountId(text(before, 'account')),
    replaced: integer(before, 'connected') === 1,
  }
}

/** Where two instances replace each other too often both are refused for a while, and the open session ends too. */
function conflictOf(
  unit: Unit,
  opening: { readonly gateway: number; readonly before: Row; readonly instance: string },
): Conflict | undefined {
  const { sql, now } = unit
  const { gateway, before, instance } = opening
  const epoch = integer(before, 'epoch')
  const running = optional(before, 'conflict_until', integer)
  if (running !== undefined && running > now) return { kind: 'conflict', until: running, epoch: toEpoch(epoch) }

  const replaces = integer(before, 'connected') === 1 && optional(before, 'instance', text) !== instance
  if (!replaces) return undefined
  sql.run('forget_replacements', { gateway, before: now - CONFLICT_MS })
  sql.run('insert_replacement', { gateway, now })
  const recent = sql.get('count_replacements', { gateway })
  if (recent === undefined || integer(recent, 'total') < CONFLICT_REPLACEMENTS) return undefined

  const until = now + CONFLICT_MS
  sql.run('forget_replacements', { gateway, before: now })
  sql.run('start_conflict', { gateway, until })
  limitClaims(unit, gateway)
  return { kind: 'conflict', until, epoch: toEpoch(epoch + 1) }
}

/** Nothing where a newer session is open, or this one was closed before. */
export function closeSession(unit: Unit, session: EndedSession): void {
  const { sql, ids, now } = unit
  const { epoch, stopped } = session
  const gateway = ids.gatewayNumber(session.gateway)
  const stopped_at = stopped === undefined ? null : now
  const upgrading = stopped === 'upgrading' ? 1 : 0
  if (sql.run('close_session', { gateway, epoch, stopped_at, upgrading }) === 1) limitClaims(unit, gateway)
}

export function recordHeartbeats(
  { sql, ids }: Unit,
  seen: readonly { readonly gateway: GatewayId; readonly at: Instant }[],
): void {
  for (const { gateway, at } of seen) sql.run('heartbeat', { gateway: ids.gatewayNumber(gateway), at })
}

function limitClaims({ sql, now }: Unit, gateway: number): void {
  sql.run('limit_claims', { gateway, until: now + SESSION_LOST_GRACE_MS })
}

function addKey(
  { sql, now }: Unit,
  key: { readonly gateway: number; readonly publicKey: Uint8Array; readonly role: 'current' | 'next' },
): void {
  const { gateway, publicKey, role } = key
  sql.run('upsert_key', { gateway, fingerprint: fingerprintOf(publicKey), public_key: publicKey, role, now })
}

function gatewayRow({ sql }: Unit, number: number): Row {
  const row = sql.get('gateway', { number })
  if (row === undefined) throw new Error('a gateway that was there is gone')
  return row
}
