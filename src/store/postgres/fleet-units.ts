import { CONFLICT_MS, CONFLICT_REPLACEMENTS } from '../../model/gateway.ts'
import { fingerprintOf, type GatewayId, toAccountId, toEpoch } from '../../model/ids.ts'
import { type Instant, SESSION_LOST_GRACE_MS } from '../../model/task.ts'
import type { Nonce } from '../access-store.ts'
import type { EndedSession, Enrolled, EnrollRequest, NewEnrollment, Opened, OpenSession } from '../fleet-store.ts'
import { gatewayOf } from '../gateway-row.ts'
import { bytes, integer, oneOf, optional, type Row, text } from '../row.ts'
import { totalOf } from '../user-row.ts'
import { burnNonce } from './nonce-units.ts'
import { jsonRows, numbers } from './statements.ts'
import type { Unit } from './unit.ts'

export async function createEnrollment(
  unit: Unit,
  enrollment: NewEnrollment,
  burn: Nonce | undefined,
): Promise<'created' | 'nonce used'> {
  const { tokenHash, account, region, name, createdBy, expiresAt } = enrollment
  if (!(await burnNonce(unit, burn))) return 'nonce used'
  await unit.sql.run('insert_enrollment', {
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

export async function enrollGateway(unit: Unit, request: EnrollRequest): Promise<Enrolled> {
  const { sql, now } = unit
  const { tokenHash, publicKey, hostname, version } = request
  const enrollment = await sql.get('lock_enrollment', { token_hash: tokenHash })
  if (enrollment === undefined) return { kind: 'unknown' }
  const used = optional(enrollment, 'gateway', integer)
  if (used !== undefined) {
    // The reply may have been lost: the same key gets it again.
    if (Buffer.compare(bytes(enrollment, 'public_key'), publicKey) !== 0) return { kind: 'used' }
    const row = await gatewayRow(unit, used)
    if (optional(row, 'deleted_at', integer) !== undefined) return { kind: 'deleted' }
    return { kind: 'enrolled', gateway: gatewayOf(row, unit.ids) }
  }
  if (integer(enrollment, 'expires_at') <= now) return { kind: 'expired' }

  const made = await sql.get('insert_gateway', {
    account: text(enrollment, 'account'),
    region: text(enrollment, 'region'),
    name: optional(enrollment, 'name', text) ?? hostname,
    now,
    hostname,
    version,
  })
  if (made === undefined) throw new Error('the database gave a gateway no number')
  const gateway = integer(made, 'number')
  await addKey(unit, { gateway, publicKey, role: 'current' })
  await sql.run('use_enrollment', { token_hash: tokenHash, public_key: publicKey, gateway })
  return { kind: 'enrolled', gateway: gatewayOf(await gatewayRow(unit, gateway), unit.ids) }
}

type Conflict = Extract<Opened, { kind: 'conflict' }>

/** The row of the gateway is held from the beginning: two sessions open one after the other, on whichever nodes. */
export async function openSession(unit: Unit, session: OpenSession): Promise<Opened> {
  const { sql, ids, now, node } = unit
  const { key, nextKey, instance, hostname, address, localAddress, version } = session
  const gateway = ids.gatewayNumber(session.gateway)
  await sql.run('lock_gateway', { number: gateway })
  const role = await sql.get('key_role', { gateway, fingerprint: key })
  if (role === undefined) return { kind: 'unknown' }

  const before = await gatewayRow(unit, gateway)
  const conflict = await conflictOf(unit, { gateway, before, instance })
  if (conflict !== undefined) return conflict

  if (oneOf(role, 'role', ['current', 'next']) === 'next') {
    await sql.run('retire_keys', { gateway, role: 'current' })
    await sql.run('promote_key', { gateway, fingerprint: key })
  }
  if (nextKey !== undefined && fingerprintOf(nextKey) !== key) {
    await sql.run('retire_keys', { gateway, role: 'next' })
    await addKey(unit, { gateway, publicKey: nextKey, role: 'next' })
  }
  await limitClaims(unit, [gateway])
  const about = { instance, now, hostname, address, local_address: localAddress ?? null, version }
  const opened = await sql.get('open_session', { gateway, node, ...about })
  if (opened === undefined) throw new Error('a gateway that was there is gone')
  return {
    kind: 'open',
    epoch: toEpoch(integer(opened, 'epoch')),
    account: toAccountId(text(before, 'account')),
    replaced: integer(before, 'connected') === 1,
  }
}

/** Where two instances replace each other too often both are refused for a while, and the open session ends too. */
async function conflictOf(
  unit: Unit,
  opening: { readonly gateway: number; readonly before: Row; readonly instance: string },
): Promise<Conflict | undefined> {
  const { sql, now } = unit
  const { gateway, before, instance } = opening
  const epoch = integer(before, 'epoch')
  const running = optional(before, 'conflict_until', integer)
  if (running !== undefined && running > now) return { kind: 'conflict', until: running, epoch: toEpoch(epoch) }

  const replaces = integer(before, 'connected') === 1 && optional(before, 'instance', text) !== instance
  if (!replaces) return undefined
  await sql.run('forget_replacements', { gateway, before: now - CONFLICT_MS })
  await sql.run('insert_replacement', { gateway, now })
  if (totalOf(await sql.get('count_replacements', { gateway })) < CONFLICT_REPLACEMENTS) return undefined

  const until = now + CONFLICT_MS
  await sql.run('forget_replacements', { gateway, before: now })
  await sql.run('start_conflict', { gateway, until })
  await limitClaims(unit, [gateway])
  return { kind: 'conflict', until, epoch: toEpoch(epoch + 1) }
}

/** Nothing where a newer session is open, or this one was closed before. */
export async function closeSession(unit: Unit, session: EndedSession): Promise<void> {
  const { sql, ids, now } = unit
  const { epoch, stopped } = session
  const gateway = ids.gatewayNumber(session.gateway)
  const stopped_at = stopped === undefined ? null : now
  const upgrading = stopped === 'upgrading'
  if ((await sql.run('close_session', { gateway, epoch, stopped_at, upgrading })) === 1)
    await limitClaims(unit, [gateway])
}

export async function recordHeartbeats(
  { sql, ids }: Unit,
  seen: readonly { readonly gateway: GatewayId; readonly at: Instant }[],
): Promise<void> {
  if (seen.length === 0) return
  const rows = seen.map(({ gateway, at }) => ({ gateway: ids.gatewayNumber(gateway), at }))
  await sql.run('heartbeats', { rows: jsonRows(rows) })
}

/** The sessions of these gateways are gone. */
export async function limitClaims({ sql, now, floor }: Unit, gateways: readonly number[]): Promise<void> {
  await sql.run('limit_claims', { gateways: numbers(gateways), until: now + SESSION_LOST_GRACE_MS, floor })
}

async function addKey(
  { sql, now }: Unit,
  key: { readonly gateway: number; readonly publicKey: Uint8Array; readonly role: 'current' | 'next' },
): Promise<void> {
  const { gateway, publicKey, role } = key
  await sql.run('upsert_key', { gateway, fingerprint: fingerprintOf(publicKey), public_key: publicKey, role, now })
}

async function gatewayRow({ sql }: Unit, number: number): Promise<Row> {
  const row = await sql.get('gateway', { number })
  if (row === undefined) throw new Error('a gateway that was there is gone')
  return row
}
