import type { PublicIds } from '../public-id.ts'
import type { FleetStore } from '../fleet-store.ts'
import { gatewayOf } from './gateway-row.ts'
import { bytes, entry, integer, text } from './row.ts'
import { epochOf } from './sqlite-task-store.ts'
import type { Statements } from './statements.ts'
import type { Writer } from './writer-client.ts'

const MAX_PAGE = 100

/** `reader` is on a connection of this thread that cannot write. */
export function sqliteFleetStore(parts: { writer: Writer; reader: Statements; ids: PublicIds }): FleetStore {
  const { writer, reader, ids } = parts
  return {
    createEnrollment: (enrollment, burn) => writer.write('createEnrollment', { enrollment, burn }),
    enroll: (request) => writer.write('enrollGateway', request),
    async gateway(account, id) {
      const row = reader.get('gateway_of_account', { number: ids.gatewayNumber(id), account })
      return row && gatewayOf(row, ids)
    },
    async gateways(account, filter, page) {
      const numbers = filter.ids?.map((id) => ids.gatewayNumber(id))
      const chosen = {
        account,
        region: filter.region ?? null,
        numbers: numbers === undefined ? null : JSON.stringify(numbers),
      }
      const limit = Math.max(1, Math.min(page.limit, MAX_PAGE))
      const rows = reader.all('gateways_of_account', { ...chosen, limit, offset: page.offset })
      const count = reader.get('count_gateways_of_account', chosen)
      return {
        gateways: rows.map((row) => gatewayOf(row, ids)),
        total: count === undefined ? 0 : integer(count, 'total'),
      }
    },
    async regions(account, limit) {
      return reader.all('regions_of_account', { account, limit }).map((row) => text(row, 'region'))
    },
    async keys(id) {
      return reader.all('proving_keys', { gateway: ids.gatewayNumber(id) }).map((row) => bytes(row, 'public_key'))
    },
    open({ gateway, instance, key, nextKey, hostname, address, version }) {
      const session = { gateway, instance, key, hostname, address, version, ...entry('nextKey', nextKey) }
      return writer.write('openSession', session)
    },
    close: (session) => writer.write('closeSession', epochOf(session)),
    heartbeats: (seen) => writer.write('recordHeartbeats', seen),
  }
}
