import { enrollmentOf } from '../enrollment-row.ts'
import type { FleetStore } from '../fleet-store.ts'
import { briefOf, gatewayOf, overOf, stopOf } from '../gateway-row.ts'
import type { PublicIds } from '../public-id.ts'
import { bytes, entry, integer, optional, text } from '../row.ts'
import { totalOf } from '../user-row.ts'
import { closeSession, createEnrollment, enrollGateway, openSession, recordHeartbeats } from './fleet-units.ts'
import { deleteGateway, endDeletedTasks, revokeEnrollment, updateGateway } from './gateway-units.ts'
import type { LookUp } from './look-lane.ts'
import { type Ask, jsonRows, numbers } from './statements.ts'
import type { Transactions } from './transactions.ts'

const MAX_PAGE = 100
const MAX_BRIEFS = 2_000

export function postgresFleetStore(parts: {
  readonly transactions: Pick<Transactions, 'look' | 'write'>
  readonly lookUp: LookUp
  readonly ids: PublicIds
}): FleetStore {
  const { lookUp, ids } = parts
  const { look, write } = parts.transactions
  const rowsOf = async (ask: Ask) => (await look([ask]))[0] ?? []
  return {
    createEnrollment: (enrollment, burn) => write((unit) => createEnrollment(unit, enrollment, burn)),
    enroll: (request) => write((unit) => enrollGateway(unit, request)),
    async enrollments(account, page) {
      const limit = Math.max(1, Math.min(page.limit, MAX_PAGE))
      const { at, id } = page.after ?? { at: Number.MAX_SAFE_INTEGER, id: '' }
      // One more tells whether there is another page.
      const parameters = { account, at, id, limit: limit + 1 }
      const rows = await rowsOf({ name: 'enrollments_of_account', parameters })
      const enrollments = rows.slice(0, limit).map((row) => enrollmentOf(row, ids))
      const last = enrollments.at(-1)
      if (rows.length <= limit || last === undefined) return { enrollments }
      return { enrollments, next: { at: last.createdAt, id: last.id } }
    },
    async enrollment(account, id) {
      const [row] = await rowsOf({ name: 'enrollment_by_id', parameters: { id, account } })
      return row && enrollmentOf(row, ids)
    },
    revokeEnrollment: (revoke, burn) => write((unit) => revokeEnrollment(unit, revoke, burn)),
    async gateway(account, id) {
      const [row] = await lookUp('gateways_of_accounts', { number: ids.gatewayNumber(id), account })
      return row && gatewayOf(row, ids)
    },
    async gateways(account, filter, page) {
      const wanted = filter.ids?.map((id) => ids.gatewayNumber(id))
      const chosen = {
        account,
        region: filter.region ?? null,
        numbers: wanted === undefined ? null : numbers(wanted),
      }
      const limit = Math.max(1, Math.min(page.limit, MAX_PAGE))
      const [rows = [], [total] = []] = await look([
        { name: 'gateways_of_account', parameters: { ...chosen, limit, offset: page.offset } },
        { name: 'count_gateways_of_account', parameters: chosen },
      ])
      return { gateways: rows.map((row) => gatewayOf(row, ids)), total: totalOf(total) }
    },
    async briefs(account, { region = null }, { after, limit }) {
      const start = after === undefined ? 0 : ids.gatewayNumber(after)
      const chosen = { account, region, after: start, limit: Math.max(1, Math.min(limit, MAX_BRIEFS)) }
      return (await rowsOf({ name: 'gateway_briefs', parameters: chosen })).map((row) => briefOf(row, ids))
    },
    count: async () => totalOf((await rowsOf({ name: 'count_gateways' }))[0]),
    regions: async (account, limit) =>
      (await rowsOf({ name: 'regions_of_account', parameters: { account, limit } })).map((row) => text(row, 'region')),
    presences: async () =>
      (await rowsOf({ name: 'presences' })).map((row) => ({
        id: ids.gatewayId(integer(row, 'number')),
        ...entry('lastSeenAt', optional(row, 'last_seen_at', integer)),
        ...entry('conflictUntil', optional(row, 'conflict_until', integer)),
        ...stopOf(row),
      })),
    async keys(id) {
      const rows = await rowsOf({ name: 'proving_keys', parameters: { gateway: ids.gatewayNumber(id) } })
      return rows.map((row) => bytes(row, 'public_key'))
    },
    open: (session) => write((unit) => openSession(unit, session)),
    close: (session) => write((unit) => closeSession(unit, session)),
    update: (update, burn) => write((unit) => updateGateway(unit, update, burn)),
    delete: (gateway, burn) => write((unit) => deleteGateway(unit, gateway, burn)),
    endDeleted: () => write(endDeletedTasks),
    async over(sessions) {
      const asked = sessions.map(({ gateway, epoch }) => ({ gateway: ids.gatewayNumber(gateway), epoch }))
      return (await rowsOf({ name: 'sessions_over', parameters: { rows: jsonRows(asked) } })).map((row) =>
        overOf(row, ids),
      )
    },
    heartbeats: (seen) => write((unit) => recordHeartbeats(unit, seen)),
  }
}
