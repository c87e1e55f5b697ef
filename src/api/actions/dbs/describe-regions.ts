import { z } from 'zod'
import { type FleetService, MAX_REGIONS } from '../../../fleet/fleet-service.ts'
import type { Action } from '../../action.ts'
import { clientToken } from '../../parameter-kinds.ts'
import { gatewayResource } from '../../resources.ts'

const NAME = 'DescribeRegions'

const params = z.object({ ClientToken: clientToken() })

const reply = z.object({
  Regions: z.object({
    RegionCode: z
      .array(z.string())
      .readonly()
      .meta({
        description: `default, and the regions that gateways of the account were enrolled in, by code point; the first ${MAX_REGIONS}.`,
        examples: [['default', 'eu-1']],
      }),
  }),
})

export function describeRegions(services: {
  fleet: FleetService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { fleet } = services
  return {
    name: NAME,
    version: '2019-03-06',
    access: 'get',
    mutates: false,
    summary: 'The regions of the account: where its backup gateways are.',
    params,
    reply,
    errors: ['InvalidClientToken.ValueNotSupported'],

    async prepare(_given, { principal: { account } }) {
      return {
        target: { action: `dbs:${NAME}`, resource: gatewayResource(account, {}), conditions: {} },
        handle: async () => ({ Regions: { RegionCode: await fleet.regions(account) } }),
      }
    },
  }
}
