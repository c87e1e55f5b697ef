import type { PublicIds } from '../public-id.ts'
import type { FleetStore } from '../fleet-store.ts'
import { enrollmentOf } from '../enrollment-row.ts'
import { briefOf, gatewayOf, overOf, stopOf } from '../gateway-row.ts'
import { bytes, entry, integer, optional, text } from '../row.ts'
import { epochOf } from './sqlite-task-store.ts'
import type { Statements } from './statements.ts'
import type { Writer } from './writer-client.ts'

const MAX_PAGE = 100
const MAX_BRIEFS = 2_000

/** `reader` is on a connection of this thread that cannot write. */
export function sqliteFleetStore(parts: { writer: Writer; reader: Statements; ids: PublicIds }): FleetStore {
  const { writer, reader, ids } = parts
  return {
    createEnrollment: (enrollment, burn) => writer.write('createEnrollment', { enrollment, burn }),
    enroll: (request) => writer.write('enrollGateway', request),
    async enrollments(account, page) {
      const limit = Math.max(1, Math.min(page.limit, MAX_PAGE))
      const { at, id } = page.after ?? { at: Number.MAX_SAFE_INTEGER, id: '' }
      // One more tells whether there is another page.
      const rows = reader.all('enrollments_of_account', { account, at, id, limit: limit + 1 })
      const enrollments = rows.slice(0, limit).map((row) => enrollmentOf(row, ids))
      const last = enrollments.at(-1)
      if (rows.length <= limit || last === undefined) return { enrollments }
      return { enrollments, next: { at: last.createdAt, id: last.id } }
    },
    async enrollment(account, id) {
      const row = reader.get('enrollment_by_id', { id, account })
      return row && enrollmentOf(row, ids)
    },
    revokeEnrollment: ({ account, id }, burn) => writer.write('revokeEnrollment', { revoke: { account, id }, burn }),
    async gateway(account, id) {
      const row = reader.get('gateway_of_account', { number: ids.gatewayNumber(id), account })
      return row && gatewayOf(row, ids)
    },
    gateways: async (account, filter, page) =>
      reader.atOneMoment(() => {
        const of = { account, region: filter.region ?? null }
        const place = { limit: Math.max(1, Math.min(page.limit, MAX_PAGE)), offset: page.offset }
        const numbers = filter.ids && JSON.stringify(filter.ids.map((id) => ids.gatewayNumber(id)))
        const rows =
          numbers === undefined
            ? reader.all('gateways_of_account', { ...of, ...place })
            : reader.all('chosen_gateways', { ...of, ...place, numbers })
        const count =
          numbers === undefined
            ? reader.get('count_gateways_of_account', of)
            : reader.get('count_chosen_gateways', { ...of, numbers })
        return {
          gateways: rows.map((row) => gatewayOf(row, ids)),
          total: count === undefined ? 0 : integer(count, 'total'),
        }
      }),
    async briefs(account, { region = null }, { after, limit }) {
      const start = after === undefined ? 0 : ids.gatewayNumber(after)
      const chosen = { account, region, after: start, limit: Math.max(1, Math.min(limit, MAX_BRIEFS)) }
      return reader.all('gateway_briefs', chosen).map((row) => briefOf(row, ids))
    },
    async count() {
      const row = reader.get('count_gateways')
      return row === undefined ? 0 : integer(row, 'total')
    },
    async regions(account, limit) {
      return reader.all('regions_of_account', { account, limit }).map((row) => text(row, 'region'))
    },
    async presences() {
      return reader.all('presences').map((row) => ({
        id: ids.gatewayId(integer(row, 'number')),
        ...entry('lastSeenAt', optional(row, 'last_seen_at', integer)),
        ...entry('conflictUntil', optional(row, 'conflict_until', integer)),
        ...stopOf(row),
      }))
    },
    async keys(id) {
      return reader.all('proving_keys', { gateway: ids.gatewayNumber(id) }).map((row) => bytes(row, 'public_key'))
    },
    open({ gateway, instance, key, nextKey, hostname, address, localAddress, version }) {
      const about = { hostname, address, version, ...entry('localAddress', localAddress) }
      const session = { gateway, instance, key, ...about, ...entry('nextKey', nextKey) }
      return writer.write('openSession', session)
    },
    close: (session) => writer.write('closeSession', { ...epochOf(session), ...entry('stopped', session.stopped) }),
    update: ({ account, id, name, region }, burn) =>
      writer.write('updateGateway', {
        update: { account, id, ...entry('name', name), ...entry('region', region) },
        burn,
      }),
    delete: ({ account, id, by }, burn) => writer.write('deleteGateway', { gateway: { account, id, by }, burn }),
    endDeleted: () => writer.write('endDeletedTasks', {}),
    async over(sessions) {
      const rows = sessions.map(({ gateway, epoch }) => ({ gateway: ids.gatewayNumber(gateway), epoch }))
      return reader.all('sessions_over', { rows: JSON.stringify(rows) }).map((row) => overOf(row, ids))
    },
    heartbeats: (seen) => writer.write('recordHeartbeats', seen),
  }
}
