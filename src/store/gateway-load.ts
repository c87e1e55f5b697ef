import type { GatewayId } from '../model/ids.ts'
import type { PublicIds } from './public-id.ts'
import { integer, type Row } from './row.ts'
import type { OpenTasks } from './task-store.ts'

/** A row with the two counts. */
export const openTasksOf = (row: Row | undefined): OpenTasks =>
  row === undefined ? { queued: 0, running: 0 } : { queued: integer(row, 'queued'), running: integer(row, 'running') }

/** Rows of the statement `open_of_gateways`. */
export const gatewayLoadsOf = (rows: readonly Row[], ids: PublicIds): ReadonlyMap<GatewayId, OpenTasks> =>
  new Map(rows.map((row) => [ids.gatewayId(integer(row, 'gateway')), openTasksOf(row)]))
