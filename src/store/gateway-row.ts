import { toAccountId, toEpoch, toFingerprint } from '../model/ids.ts'
import type { PublicIds } from './public-id.ts'
import type { Gateway, GatewayBrief, OverSession } from './fleet-store.ts'
import { entry, integer, optional, type Row, text } from './row.ts'

/** A row of the statements `gateway`, `gateway_of_account` and `gateways_of_account`. */
export function gatewayOf(row: Row, ids: PublicIds): Gateway {
  return {
    id: ids.gatewayId(integer(row, 'number')),
    account: toAccountId(text(row, 'account')),
    region: text(row, 'region'),
    name: text(row, 'name'),
    createdAt: integer(row, 'created_at'),
    connected: integer(row, 'connected') === 1,
    ...entry('lastSeenAt', optional(row, 'last_seen_at', integer)),
    ...entry('conflictUntil', optional(row, 'conflict_until', integer)),
    ...stopOf(row),
    ...entry('hostname', optional(row, 'hostname', text)),
    ...entry('address', optional(row, 'address', text)),
    ...entry('localAddress', optional(row, 'local_address', text)),
    ...entry('version', optional(row, 'version', text)),
    key: toFingerprint(text(row, 'key_fingerprint')),
  }
}

/** A row of the statement `gateway_briefs`. An id is worth ten hashes, and of most of ten thousand nobody asks for it. */
export const briefOf = (row: Row, ids: PublicIds): GatewayBrief => ({
  get id() {
    return ids.gatewayId(integer(row, 'number'))
  },
  name: text(row, 'name'),
  ...entry('lastSeenAt', optional(row, 'last_seen_at', integer)),
  ...entry('conflictUntil', optional(row, 'conflict_until', integer)),
  ...stopOf(row),
})

/** When it said that it stops, and whether to be upgraded. */
export function stopOf(row: Row): Pick<Gateway, 'stoppedAt' | 'upgrading'> {
  const stoppedAt = optional(row, 'stopped_at', integer)
  return stoppedAt === undefined ? {} : { stoppedAt, upgrading: integer(row, 'upgrading') === 1 }
}

/** A row of the statement `sessions_over`. */
export const overOf = (row: Row, ids: PublicIds): OverSession => ({
  gateway: ids.gatewayId(integer(row, 'number')),
  epoch: toEpoch(integer(row, 'epoch')),
  deleted: integer(row, 'deleted') === 1,
})
