import type { FleetService, GatewayView } from '../fleet/fleet-service.ts'
import { PosternError } from '../model/errors.ts'
import { toGatewayId } from '../model/ids.ts'
import type { Call, Prepared } from './action.ts'
import { publicNumber } from './parameter-kinds.ts'
import { gatewayResource } from './resources.ts'

export const gatewayIdParameter = () =>
  publicNumber().meta({
    description: 'The gateway, from DescribeBackupGatewayList.',
    examples: ['528104736915240'],
  })

/**
 * Rows 13 and 34 of the contract for Postern's own actions on one gateway: no gateway and another account's are answered
 * the same, and a denial is worded from what the caller sent.
 */
export async function aboutGateway<R>(
  fleet: FleetService,
  given: {
    readonly action: string
    readonly BackupGatewayId: number
    /** Where it is moved to. */
    readonly Region?: string | undefined
  },
  parts: { readonly call: Call; readonly handle: (gateway: GatewayView) => Promise<R> },
): Promise<Prepared<R>> {
  const { call, handle } = parts
  const { account } = call.principal
  const { action, BackupGatewayId: id, Region: region } = given
  const known = toGatewayId(id)
  const gateway = known && (await fleet.gateway(account, known))
  const conditions = { 'postern:BackupGatewayId': String(id) }
  const resource = (at: { readonly region?: string }) => gatewayResource(account, { ...at, id }, 'postern')
  return {
    target: {
      action: `postern:${action}`,
      resource: resource({}),
      conditions,
      lookedUp: { found: gateway && { resource: resource({ region: gateway.region }), conditions } },
      // Else a gateway could be moved into a region where its owner may not touch any.
      ...(region !== undefined && { also: { resource: resource({ region }), conditions } }),
    },
    async handle() {
      if (gateway === undefined) throw new PosternError('BackupGateway.NotFound')
      return handle(gateway)
    },
  }
}
