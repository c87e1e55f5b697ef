import { enrollmentOf } from '../enrollment-row.ts'
import type { FleetStore } from '../fleet-store.ts'
import { briefOf, gatewayOf, overOf, stopOf } from '../gateway-row.ts'
import type { PublicIds } from '../public-id.ts'
import { bytes, entry, integer, optional, text } from '../row.ts'
import { totalOf } from '../user-row.ts'
import { closeSession, createEnrollment, enrollGateway, openSession, recordHeartbeats } from './fleet-units.ts'
import { deleteGateway, endDeletedTasks, revokeEnrollment, updateGateway } from './gateway-units.ts'
import { jsonRows, numbers } from './statements.ts'
import type { Transactions } from './transactions.ts'

const MAX_PAGE = 100
const MAX_BRIEFS = 2_000

export function postgresFleetStore({ read, write }: Transactions, ids: PublicIds): FleetStore {
  return {
    createEnrollment: (enrollment, burn) => write((unit) => createEnrollment(unit, enrollment, burn)),
    enroll: (request) => write((unit) => enrollGateway(unit, request)),
    enrollments: (account, page) =>
      read(async ({ sql }) => {
        const limit = Math.max(1, Math.min(page.limit, MAX_PAGE))
        const { at, id } = page.after ?? { at: Number.MAX_SAFE_INTEGER, id: '' }
        // One more tells whether there is another page.
        const rows = await sql.all('enrollments_of_account', { account, at, id, limit: limit + 1 })
        const enrollments = rows.slice(0, limit).map((row) => enrollmentOf(row, ids))
        const last = enrollments.at(-1)
        if (rows.length <= limit || last === undefined) return { enrollments }
        return { enrollments, next: { at: last.createdAt, id: last.id } }
      }),
    enrollment: (account, id) =>
      read(async ({ sql }) => {
        const row = await sql.get('enrollment_by_id', { id, account })
        return row && enrollmentOf(row, ids)
      }),
    revokeEnrollment: (revoke, burn) => write((unit) => revokeEnrollment(unit, revoke, burn)),
    gateway: (account, id) =>
      read(async ({ sql }) => {
        const row = await sql.get('gateway_of_account', { number: ids.gatewayNumber(id), account })
        return row && gatewayOf(row, ids)
      }),
    gateways: (account, filter, page) =>
      read(async ({ sql }) => {
        const wanted = filter.ids?.map((id) => ids.gatewayNumber(id))
        const chosen = {
          account,
          region: filter.region ?? null,
          numbers: wanted === undefined ? null : numbers(wanted),
        }
        const limit = Math.max(1, Math.min(page.limit, MAX_PAGE))
        const rows = await sql.all('gateways_of_account', { ...chosen, limit, offset: page.offset })
        return {
          gateways: rows.map((row) => gatewayOf(row, ids)),
          total: totalOf(await sql.get('count_gateways_of_account', chosen)),
        }
      }),
    briefs: (account, { region = null }, { after, limit }) =>
      read(async ({ sql }) => {
        const start = after === undefined ? 0 : ids.gatewayNumber(after)
        const chosen = { account, region, after: start, limit: Math.max(1, Math.min(limit, MAX_BRIEFS)) }
        return (await sql.all('gateway_briefs', chosen)).map((row) => briefOf(row, ids))
      }),
    count: () => read(async ({ sql }) => totalOf(await sql.get('count_gateways'))),
    regions: (account, limit) =>
      read(async ({ sql }) =>
        (await sql.all('regions_of_account', { account, limit })).map((row) => text(row, 'region')),
      ),
    presences: () =>
      read(async ({ sql }) =>
        (await sql.all('presences')).map((row) => ({
          id: ids.gatewayId(integer(row, 'number')),
          ...entry('lastSeenAt', optional(row, 'last_seen_at', integer)),
          ...entry('conflictUntil', optional(row, 'conflict_until', integer)),
          ...stopOf(row),
        })),
      ),
    keys: (id) =>
      read(async ({ sql }) => {
        const rows = await sql.all('proving_keys', { gateway: ids.gatewayNumber(id) })
        return rows.map((row) => bytes(row, 'public_key'))
      }),
    open: (session) => write((unit) => openSession(unit, session)),
    close: (session) => write((unit) => closeSession(unit, session)),
    update: (update, burn) => write((unit) => updateGateway(unit, update, burn)),
    delete: (gateway, burn) => write((unit) => deleteGateway(unit, gateway, burn)),
    endDeleted: () => write(endDeletedTasks),
    over: (sessions) =>
      read(async ({ sql }) => {
        const rows = sessions.map(({ gateway, epoch }) => ({ gateway: ids.gatewayNumber(gateway), epoch }))
        return (await sql.all('sessions_over', { rows: jsonRows(rows) })).map((row) => overOf(row, ids))
      }),
    heartbeats: (seen) => write((unit) => recordHeartbeats(unit, seen)),
  }
}
